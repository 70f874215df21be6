"""A small tokenizer of a model's own, trained on its training text and saved as plain JSON.

Byte-pair merges (R. Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units", 2016), and not
BERT's WordPiece: the WordPiece trainer of `tokenizers` breaks ties by the order of a hash table, so that two trainings
on the same text gave two vocabularies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

PAD, UNKNOWN, CLASS, SEPARATOR, MASK = SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


@dataclass(frozen=True)
class Reading:
    """What a model's texts look like to it.

    Args:
        single: marks around one text, which is `$A`.
        pair: marks around two texts, `$A` and `$B`; the number behind a colon tells the model which of them it is.
        lowercase: whether capital letters become small ones.
        split_digits: whether each digit is a token of its own, as numbers that are written again need it.
    """

    single: str = f"{CLASS} $A {SEPARATOR}"
    pair: str = f"{CLASS} $A {SEPARATOR} $B:1 {SEPARATOR}:1"
    lowercase: bool = True
    split_digits: bool = False


AS_BERT = Reading()
WRITTEN = Reading(single=f"$A {SEPARATOR}", pair=f"$A $B {SEPARATOR}", lowercase=False)
"""As encoder-decoders read and write: only the end is marked."""


def train_tokenizer(
    texts: Sequence[str], vocabulary: int, max_length: int, reading: Reading = AS_BERT
) -> PreTrainedTokenizerFast:
    """A tokenizer of parts of words.

    Args:
        texts: what the parts are counted in.
        vocabulary: number of entries, the five special ones among them.
        max_length: tokens after which a text is cut.
        reading: marks and letters; as BERT reads unless said otherwise, `[CLS] text [SEP]` in small letters.
    """
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
    letters = normalizers.BertNormalizer(lowercase=True) if reading.lowercase else normalizers.NFC()
    tokenizer.normalizer = letters
    digits = [pre_tokenizers.Digits(individual_digits=True)] if reading.split_digits else []
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation(), *digits]
    )
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=vocabulary, special_tokens=list(SPECIAL), show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    ends = [(token, tokenizer.token_to_id(token)) for token in (CLASS, SEPARATOR)]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=reading.single, pair=reading.pair, special_tokens=ends
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=max_length,
        pad_token=PAD,
        unk_token=UNKNOWN,
        cls_token=CLASS,
        sep_token=SEPARATOR,
        bos_token=CLASS,
        eos_token=SEPARATOR,
        mask_token=MASK,
    )


def save_tokenizer(tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write `tokenizer.json` and `tokenizer_config.json`."""
    tokenizer.save_pretrained(folder)

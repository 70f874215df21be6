"""A small tokenizer of a model's own, trained on its training text and saved as plain JSON.

Byte-pair merges (R. Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units", 2016), and not
BERT's WordPiece: the WordPiece trainer of `tokenizers` breaks ties by the order of a hash table, so that two trainings
on the same text gave two vocabularies.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

PAD, UNKNOWN, CLASS, SEPARATOR, MASK = SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def train_tokenizer(texts: Sequence[str], vocabulary: int, max_length: int) -> PreTrainedTokenizerFast:
    """Lower-cased parts of words, read as BERT reads them: `[CLS] text [SEP]`.

    Args:
        texts: what the parts are counted in.
        vocabulary: number of entries, the five special ones among them.
        max_length: tokens after which a text is cut.
    """
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation()])
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=vocabulary, special_tokens=list(SPECIAL), show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    ends = [(token, tokenizer.token_to_id(token)) for token in (CLASS, SEPARATOR)]
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{CLASS} $A {SEPARATOR}", special_tokens=ends)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=max_length,
        pad_token=PAD,
        unk_token=UNKNOWN,
        cls_token=CLASS,
        sep_token=SEPARATOR,
        mask_token=MASK,
    )


def save_tokenizer(tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write `tokenizer.json` and `tokenizer_config.json`."""
    tokenizer.save_pretrained(folder)

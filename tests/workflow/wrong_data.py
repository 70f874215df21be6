"""Data as it comes when something went wrong: each case the files, and the sentence that must name the trouble.

Written small: every file is made here, byte by byte, by the library that owns its form.
"""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import soundfile
from PIL import Image

from analysis_core.models.catalog import find_card

Content = bytes | str
TOPICS = find_card("zoo/text-bert").labels


def png(shade: int = 0, size: tuple[int, int] = (32, 32)) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", size, shade).save(buffer, format="PNG")
    return buffer.getvalue()


def wav(pitch_hz: float = 440.0) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, 0.5 * np.sin(2 * np.pi * pitch_hz * np.arange(2400) / 8000), 8000, format="WAV")
    return buffer.getvalue()


def parquet(**columns: Any) -> bytes:
    buffer = io.BytesIO()
    pd.DataFrame(columns).to_parquet(buffer)
    return buffer.getvalue()


def lines(*rows: str) -> str:
    return "".join(f"{row}\n" for row in rows)


@dataclass(frozen=True)
class Wrong:
    """One case.

    Args:
        model: an embedded one that reads such data.
        files: by their names; more than one lie in a folder ``mine``, which is given.
        sentence: a pattern of what must be said.
        columns: which column means what.
    """

    model: str
    files: dict[str, Content]
    sentence: str
    columns: tuple[tuple[str, str], ...] = ()

    def written(self, folder: Path) -> Path:
        """Write the files; returns what a person would name."""
        lone = len(self.files) == 1 and "/" not in next(iter(self.files))
        root = folder if lone else folder / "mine"
        root.mkdir(exist_ok=True)
        for name, content in self.files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return root / next(iter(self.files)) if lone else root


ROWS = [f"some words number {row},{TOPICS[row % 3]}" for row in range(9)]
TABLE = lines("text,label", *ROWS)
DIGITS: dict[str, Content] = {f"{digit}/{row}.png": png(20 * digit + row) for digit in range(2) for row in range(3)}
SPOKEN: dict[str, Content] = {f"{word}/{row}.wav": wav(200 + 90 * word + row) for word in range(2) for row in range(3)}
BOXES = {
    "images": [{"id": row, "file_name": f"{row}.png"} for row in range(3)],
    "annotations": [{"id": row, "image_id": row, "category_id": 1, "bbox": [1, 1, 8, 8]} for row in range(3)],
    "categories": [{"id": 1, "name": "0"}],
}
SCENES: dict[str, Content] = {f"{row}.png": png(row) for row in range(3)}
MASKED: dict[str, Content] = {f"{folder}/{row}.png": png(row) for folder in ("images", "masks") for row in range(3)}
NODES = lines("node,label," + ",".join(f"f{k}" for k in range(64)), *(f"n{i},{i}" + 64 * ",0.5" for i in range(6)))
EDGES = lines("source,target", *(f"n{node},n{(node + 1) % 6}" for node in range(6)))
NUMBERS = lines("a,b,c,d,e,f,g,target", *(f"{row},1,2,3,4,5,6,0.5" for row in range(9)))
MANY_NUMBERS = [[float(row)] * 64 for row in range(9)]


def boxes(**changes: Any) -> str:
    return json.dumps(BOXES | changes)


CASES: dict[str, Wrong] = {
    # tables of texts
    "an empty file": Wrong("text-bert", {"x.csv": ""}, r"x\.csv: The file is empty \(0 bytes\)"),
    "a header alone": Wrong("text-bert", {"x.csv": "text,label\n"}, r"x\.csv: The file holds no rows"),
    "a missing column": Wrong("text-bert", {"x.csv": lines("text,stars", *ROWS)}, r"x\.csv: No column holds the lab"),
    "a column that is not there": Wrong(
        "text-bert", {"x.csv": TABLE}, r"x\.csv: There is no column 'review'", columns=(("text", "review"),)
    ),
    "another encoding": Wrong(
        "text-bert", {"x.csv": (TABLE + "café,0\n").encode("latin-1")}, r"x\.csv, line 11: The line is not UTF-8 text"
    ),
    "two bytes a letter": Wrong("text-bert", {"x.csv": TABLE.encode("utf-16")}, "UTF-16 text, not UTF-8"),
    "a label that the model does not have": Wrong(
        "text-bert", {"x.csv": TABLE + "words,pizza\n"}, r"x\.csv, line 11: The label 'pizza' is none of the model's"
    ),
    "a class number that is too high": Wrong("text-bert", {"x.csv": TABLE + "words,99\n"}, "line 11: The label '99'"),
    "a short row": Wrong("text-bert", {"x.csv": TABLE + "only\n"}, r"line 11: 1 values stand where .* 2 columns"),
    "a picture called csv": Wrong("text-bert", {"x.csv": png()}, r"x\.csv: The file is a PNG picture, not UTF-8 text"),
    "a pickle called csv": Wrong("text-bert", {"x.csv": b"\x80\x04\x95abc"}, "is a Python pickle"),
    "one example": Wrong("text-bert", {"x.csv": lines("text,label", ROWS[0])}, "no examples for 'search', only 1 for"),
    "examples that are all alike": Wrong(
        "text-bert", {"x.csv": lines("text,label", *ROWS[:1] * 7)}, "no examples for 'search', only 7 for 'test'"
    ),
    "half a gzip file": Wrong(
        "text-bert", {"x.csv.gz": gzip.compress(TABLE.encode(), mtime=0)[:-9]}, "gzip file is cut off or damaged"
    ),
    "an archive instead of its files": Wrong("text-bert", {"x.zip": b"PK\x03\x04junk"}, r"kind '\.zip' are not read"),
    "a folder for another task": Wrong("text-bert", DIGITS, "'Pictures by class', which does not serve text"),
    # Parquet
    "half a Parquet file": Wrong(
        "text-bert", {"x.parquet": parquet(text=["a"] * 9, label=["b"] * 9)[:-20]}, r"x\.parquet: .*damaged or not Parq"
    ),
    "text called Parquet": Wrong("text-bert", {"x.parquet": TABLE}, r"x\.parquet: The file is damaged or not Parquet"),
    "a text that is missing": Wrong(
        "text-bert", {"x.parquet": parquet(text=["a", None], label=[TOPICS[0]] * 2)}, r"x\.parquet, row 2: The text is"
    ),
    "a label that is missing": Wrong(
        "text-bert", {"x.parquet": parquet(text=["a", "b"], label=[TOPICS[0], None])}, "row 2: The label is empty"
    ),
    "numbers that are missing": Wrong(
        "tabular-ft-transformer",
        {"x.parquet": parquet(numbers=[[*row[1:], np.nan] for row in MANY_NUMBERS], label=[1] * 9)},
        r"x\.parquet, example 0: Number 63 is nan",
    ),
    "no labels": Wrong("tabular-ft-transformer", {"x.parquet": parquet(numbers=MANY_NUMBERS)}, "no column 'label'"),
    "names of sounds instead of sounds": Wrong(
        "audio-wav2vec2", {"x.parquet": parquet(sound=list("abcdef"), label=[1] * 6)}, "A sound of type 'str' is not un"
    ),
    "names of pictures instead of pictures": Wrong(
        "multimodal-clip", {"x.parquet": parquet(image=list("abcdef"), text=list("abcdef"))}, "A picture of type 'str'"
    ),
    "an action that there is not": Wrong(
        "rl-cartpole-policy",
        {"x.parquet": parquet(observations=[[[1.0, 2, 3, row]] for row in range(6)], actions=[[9]] * 6)},
        "It takes action 9, but the model has the actions 0 to 1",
    ),
    # pictures
    "a picture of no bytes": Wrong("vision-vit", DIGITS | {"0/9.png": b""}, r"0/9\.png: The picture is empty \(0 byt"),
    "a sound called png": Wrong("vision-vit", DIGITS | {"0/9.png": wav()}, r"0/9\.png: .*it is a WAV sound"),
    "half a picture": Wrong(
        "vision-vit", DIGITS | {"0/9.png": png(1, (200, 200))[:-30]}, r"0/9\.png: .*it is damaged or cut off"
    ),
    "a folder of no class": Wrong("vision-vit", DIGITS | {"eleven/1.png": png()}, r"eleven/1\.png: The label 'eleven'"),
    "pictures in no folder of a class": Wrong(
        "vision-vit", {"1.png": png(), "2.png": png(1)}, "mine: This has no form that serves vision classification"
    ),
    "sounds where pictures are read": Wrong("vision-vit", SPOKEN, "'Sounds by class', which does not serve vision"),
    # boxes and masks
    "a list that names a missing picture": Wrong(
        "vision-yolos",
        SCENES | {"boxes.json": boxes(images=[*BOXES["images"], {"id": 7, "file_name": "gone.png"}])},
        r"boxes\.json, images\[3\]: The file 'gone\.png' is not in the folder 'mine'",
    ),
    "a name that leads out of the folder": Wrong(
        "vision-yolos",
        SCENES | {"boxes.json": boxes(images=[{"id": 7, "file_name": "../gone.png"}])},
        r"boxes\.json, images\[0\]: The file name '\.\./gone\.png' leads out",
    ),
    "a category of no class": Wrong(
        "vision-yolos", SCENES | {"boxes.json": boxes(categories=[{"id": 1, "name": "dog"}])}, "The category 'dog' is n"
    ),
    "half a list of boxes": Wrong("vision-yolos", SCENES | {"boxes.json": boxes()[:-20]}, r"boxes\.json, line 1: .*no"),
    "a mask of another size": Wrong(
        "vision-segformer", MASKED | {"masks/1.png": png(0, (16, 16))}, r"masks/1\.png: The mask has 16 x 16 pixels"
    ),
    "a mask with classes of its own": Wrong(
        "vision-segformer", MASKED | {"masks/1.png": png(200)}, r"masks/1\.png: The mask holds the class 200"
    ),
    "a picture without its mask": Wrong(
        "vision-segformer", MASKED | {"images/9.png": png(9)}, r"images/9\.png: The picture has no mask"
    ),
    # sounds
    "half a sound": Wrong("audio-wav2vec2", SPOKEN | {"0/9.wav": wav()[:-100]}, r"0/9\.wav: .*damaged or cut off"),
    "a picture called wav": Wrong("audio-wav2vec2", SPOKEN | {"0/9.wav": png()}, r"0/9\.wav: .*it is a PNG picture"),
    "a transcript of a missing sound": Wrong(
        "audio-whisper",
        {"a.wav": wav(), "transcripts.tsv": "a.wav\tone\nb.wav\ttwo\n"},
        r"transcripts\.tsv, line 2: The file 'b\.wav' is not in the folder",
    ),
    # texts in pairs, graphs, logs, numbers
    "parallel files of unequal length": Wrong(
        "text-bert-retrieval", {"train.en": "a\nb\nc\n", "train.de": "x\ny\n"}, r"train\.en, line 3: 'train\.de' ends"
    ),
    "one of two parallel files": Wrong(
        "text-bert-retrieval", {"train.en": "a\nb\n"}, r"train\.en: This has no form that serves text retrieval"
    ),
    "an edge to an unknown node": Wrong(
        "graph-gcn", {"nodes.csv": NODES, "edges.csv": EDGES + "n1,n77\n"}, r"edges\.csv, line 8: The node 'n77' is not"
    ),
    "a feature that is no number": Wrong(
        "graph-gcn",
        {"nodes.csv": NODES.replace("0.5", "nan", 1), "edges.csv": EDGES},
        r"nodes\.csv, line 2: Expected a number in the column 'f0'; found 'nan'",
    ),
    "too few features": Wrong(
        "graph-gcn",
        {"nodes.csv": lines("node,label,x", *(f"n{node},{node},1" for node in range(6))), "edges.csv": EDGES},
        "Its nodes have 1 features, but the model reads 64",
    ),
    "a line of another form in a log": Wrong("tabular-sasrec", {"log.txt": "1 2\n3 4 5\n"}, r"log\.txt, line 2: Expec"),
    "a log of other items": Wrong("tabular-sasrec", {"log.txt": "1 2\n1 3\n1 4\n"}, "The model knows none of what"),
    "a number that is none": Wrong(
        "tabular-resnet-mlp", {"x.csv": NUMBERS + "nan,1,2,3,4,5,6,0.5\n"}, r"x\.csv, line 11: Expected a number"
    ),
    "too few numbers": Wrong(
        "tabular-resnet-mlp", {"x.csv": lines("a,b,target", *(f"{row},1,0.5" for row in range(9)))}, "It has 2 numbers"
    ),
    "a text that is empty": Wrong("text-gpt2", {"x.csv": 'text\na b c\n"  "\n'}, "line 3: The column 'text' holds no"),
}  # fmt: skip

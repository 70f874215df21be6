"""For every form of data a tiny example, as the app shows it beside the form's name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

SAMPLES: Mapping[str, str] = MappingProxyType(
    {
        "squad": '{"data": [{"paragraphs": [{"context": "Rome lies on the Tiber.",\n'
        '  "qas": [{"id": "1", "question": "Where does Rome lie?",\n'
        '           "answers": [{"text": "on the Tiber", "answer_start": 10}]}]}]}]}',
        "amazon-2018": '{"reviewerID": "A2", "asin": "B00X", "overall": 5.0, "unixReviewTime": 1341100800}',
        "amazon-2023": '{"user_id": "AE2", "parent_asin": "B00X", "rating": 5.0, "timestamp": 1588687728923}',
        "movielens": "196\t242\t3\t881250949\n186\t302\t3\t891717742",
        "pairs": "1 24\n1 7\n2 24",
        "graph": "edges.csv         nodes.csv\nsource,target     node,label,height\na,b               a,red,1.5",
        "coco": 'street.jpg   annotations.json\n{"images": [{"id": 1, "file_name": "street.jpg", …}],\n'
        ' "annotations": [{"image_id": 1, "category_id": 3, "bbox": [10, 20, 50, 40]}], …}',
        "masks": "images/street.png   masks/street.png\nimages/garden.png   masks/garden.png",
        "transcripts": "1.wav   2.wav   transcripts.tsv\n1.wav\tseven three\n2.wav\tone",
        "sound-classes": "yes/1.wav   yes/2.wav\nno/1.wav    no/2.wav",
        "picture-classes": "cat/1.png   cat/2.jpg\ndog/1.png   dog/2.png",
        "parallel": "train.en             train.de\nGood morning.        Guten Morgen.",
        "table": "text,label\nWhat a lovely film,good\nI fell asleep,bad",
    }
)
"""Name of the form -> what its files hold; of folders, which files lie in them."""

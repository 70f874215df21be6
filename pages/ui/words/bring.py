"""What Explore says of models and data that people bring themselves."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        # own model
        "own_model": "Bring your own model",
        "own_model_hint": "Nothing that could run code is read: weights as safetensors, settings as JSON.",
        "own_way_upload": "Upload",
        "own_way_folder": "Folder on the server",
        "own_way_hub": "Hugging Face or timm",
        "own_upload_model": "A zip of the model's folder, or its files",
        "own_upload_model_help": "config.json, model.safetensors, and the tokenizer or preprocessor files. At most "
        "{most} MB; larger models go by folder or hub.",
        "own_folder_model": "Folder of a model",
        "own_folder_help": "Below {roots}.",
        "own_folder_none": "This server has named no folders. Whoever runs it can: set LAYERWISE_ROOTS to the folders "
        "that may be read, separated by colons.",
        "own_hub": "Name on the hub",
        "own_hub_placeholder": "owner/name, or timm:resnet18",
        "own_hub_help": "An id of the Hugging Face hub such as distilbert/distilbert-base-uncased, or timm: and the "
        "name of one of timm's models.",
        "own_use": "Use this model",
        "own_hub_cached": "Already on this machine",
        "own_hub_nothing_cached": "Nothing of the hub is on this machine yet; without a network only the models above, "
        "a folder or an upload will work.",
        "own_from_upload": "Your upload. It stays on this server.",
        "own_from_folder": "Your folder on this server.",
        "own_from_hub": "From the Hugging Face hub.",
        "own_purpose": "What is it used for?",
        "own_purpose_help": "Its configuration leaves this open.",
        "own_purpose_pick": "Pick one",
        "own_gone_title": "The model of this address cannot be used",
        "own_aside": "Put it aside",
        "own_back": "Pick one of the models below, or bring another.",
        "refused_title": "This was not taken",
        "refused_kept": "Everything else that you chose is as it was.",
        "blocks_unknown": "Its blocks are counted when it is loaded.",
        "lower_is_better": "{metric}, lower is better",
        "against": "against {value} for {how}",
        # own data
        "data_source": "Examples",
        "data_sample": "The model's own sample",
        "data_own": "My own data",
        "data_needed": "Your model comes without examples: give some of your own.",
        "data_ready_made": "Or a Parquet file with the columns that this model reads: {columns}.",
        "data_only_ready_made": "For this task data come as a Parquet file with the columns that the model reads: "
        "{columns}.",
        "data_upload": "A file, several files, or a zip of a folder",
        "data_upload_help": "At most {most} MB. Folders go in as a zip.",
        "data_folder": "File or folder on the server",
        "data_use_path": "Use it",
        "data_form": "Form",
        "data_form_auto": "Recognise it",
        "data_taken_title": "Your data",
        "data_found": "{name}: {count} examples, {splits}.",
        "data_recognised": "Read as “{form}”: {reason}.",
        "data_read_as": "Read as “{form}”.",
        "data_classes": "{count} classes: {names}.",
        "data_too_large": "{name}: {size}. It is read and checked when the run starts.",
        "data_other": "Take other data",
        "part_search": "{count} to choose layers by",
        "part_test": "{count} to measure with",
        "part_heal": "{count} to learn from",
        "columns_title": "What the columns mean",
        "column_text": "Text",
        "column_second_text": "Text that goes with it",
        "column_numbers": "Numbers to read",
        "column_label": "Class",
        "column_target": "Number to predict",
        "column_none": "none",
        "column_why": "Guessed: {why}.",
        "data_first_line": "Nothing runs until this is mended.",
    }
)

CHINESE: Mapping[str, str] = MappingProxyType({})

"""What the Live page says."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "live_title": "Change the depth while it runs",
        "live_lead": "One model at all its depths, with the same weights. Move the slider: the answer and its time "
        "change at once.",
        "live_model": "Model",
        "live_option": "{kind} · {title}",
        "live_none_title": "No model can be asked here",
        "live_none": "None of the installed models reads a text, a picture or a sound, or plays CartPole.",
        "live_starting_title": "{title} is being made ready",
        "live_starting": "It stays at hand afterwards, until nobody has asked it anything for ten minutes.",
        "live_failed_title": "{title} is not at hand",
        "live_again": "Start it again",
        # what is handed in
        "live_example": "Example",
        "live_example_of": "Example {number}",
        "live_example_truth": "Example {number} · {truth}",
        "live_text": "Your text",
        "live_text_help": "Any text; the model was trained on short English ones.",
        "live_upload_picture": "Or a picture of your own",
        "live_upload_sound": "Or a sound of your own",
        "live_record": "Or record one",
        "live_picture_alt": "The picture that the model sees",
        "live_sound_alt": "The sound that the model hears",
        "live_truth": "In truth: {truth}",
        # depth
        "live_depth": "Depth: layers that run",
        "live_depth_help": "Layers go in the order in which they matter least. Skipped ones are not run at all.",
        "live_depth_of": "{depth} of {layers}",
        "live_kept": "{depth} of {layers} layers run; skipped: {skipped}",
        "live_kept_all": "All {layers} layers run",
        "live_here": "At {depth} of {layers} layers",
        "live_whole": "The whole model",
        "live_probability": "Probability",
        "live_same": "The same answer in {here} instead of {whole}.",
        "live_other": "Another answer, in {here} instead of {whole}.",
        "live_whole_alone": "The whole model answers in {whole}.",
        "live_writes_nothing": "(nothing)",
        "live_quality": "{metric} at this depth: {here}, of the whole model: {whole}; measured on {examples} test "
        "examples.",
        "live_quality_pending": "{metric} at this depth is being measured.",
        # stream
        "live_stream_title": "Hold a latency on a stream",
        "live_stream_lead": "Test examples come in, as many at once as you say. The controller goes to fewer layers "
        "while calls take too long, and back when there is room again.",
        "live_target": "Target: a call may take",
        "live_target_help": "When calls are expected to exceed it, the controller takes layers away at once. It goes "
        "back patiently, and only with a tenth of the target to spare.",
        "live_at_once": "Load: requests at once",
        "live_at_once_help": "They are answered in one call, which takes the longer the more they are.",
        "live_who": "Who chooses the depth",
        "live_who_held": "Controller",
        "live_who_fixed": "Slider above",
        "live_run": "Run",
        "live_clear": "Clear",
        "live_stream_empty": "Switch it on, then change the load or the target while it runs.",
        "live_stream_finding": "{share} of the last {calls} calls met the target, with {depth} layers on average",
        "live_stream_alt": "Stream of calls. {finding}. The last one took {latency} with {depth} layers.",
        "live_stream_quality": "Mean {metric} of the depths used: {mean}; of the whole model: {whole}.",
        "live_out_of_reach": "Not even the smallest depth meets the target at this load.",
        "live_mark_target": "target",
        "live_mark_within": "met the target",
        "live_mark_late": "took longer",
        "live_axis_call": "call",
        "live_axis_layers": "layers",
        "live_axis_at_once": "requests at once",
        # CartPole
        "live_play": "Play",
        "live_play_reward": "This episode: {reward} steps upright; decisions take {latency}.",
        "live_play_last": "The last ones lasted {lengths} steps; 500 is the most.",
        "live_play_alt": "A cart on a rail with a pole on it",
        "live_play_empty": "Switch it on, and take layers away while it balances.",
    }
)

CHINESE: Mapping[str, str] = MappingProxyType({})

"""A classifier of sounds around torchaudio's Conformer. Needs: pip install torch torchaudio

Reads mel bands of the sound itself, and averages what the blocks of A. Gulati et al. ("Conformer:
Convolution-augmented Transformer for Speech Recognition", 2020) make of each frame.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchaudio.models import Conformer  # type: ignore[import-untyped]  # ships no types
from torchaudio.transforms import MelSpectrogram  # type: ignore[import-untyped]  # ships no types

QUIETEST = 1e-5
"""Added to the power of each band before its logarithm is taken."""
LOG_MEAN, LOG_SCALE = -4.0, 4.0
"""About the mean and the spread of log powers of speech."""


class ConformerClassifier(nn.Module):
    """Classes of sounds.

    How long the other sounds of a batch are makes no difference to a sound's logits. ``Conformer.forward`` does not
    give that: it pads up to the longest sound, so that convolutions find other values behind a short one than behind
    the longest. Here its blocks are run one by one, with room for a convolution behind every sound.

    Args:
        classes: how many classes there are.
        width: of the hidden states.
        depth: how many blocks.
        heads: attention heads; they divide ``width``.
        feed_forward: width of the feed-forward parts.
        kernel: frames that a block's convolution sees, an odd number.
        sample_rate: samples in a second.
        window: samples that a frame is computed from.
        hop: samples from one frame to the next.
        bands: mel bands of a frame.
        dropout: share of hidden values that are dropped while training.
    """

    def __init__(
        self,
        classes: int,
        width: int,
        depth: int,
        heads: int = 4,
        feed_forward: int = 128,
        kernel: int = 7,
        sample_rate: int = 8000,
        window: int = 256,
        hop: int = 128,
        bands: int = 40,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.window, self.hop, self.room = window, hop, kernel // 2
        with torch.device("cpu"):  # its constants are computed, which a module without memory cannot do
            self.mel = MelSpectrogram(
                sample_rate, n_fft=window, hop_length=hop, n_mels=bands, center=False, window_fn=_window
            )
        self.embed = nn.Linear(bands, width)
        self.conformer = Conformer(width, heads, feed_forward, depth, kernel, dropout=dropout)
        self.head = nn.Linear(width, classes)

    def frame_mask(self, lengths: Tensor) -> Tensor:
        """Which frames lie wholly within sounds of so many samples, ``[sounds, frames]`` bool, at least one each.

        As many frames as the blocks see: those of the longest sound and some of padding.
        """
        frames = (lengths - self.window).clamp(min=0) // self.hop + 1
        # The blocks put frames first. A prime number of them is no multiple of the number of sounds, so that whoever
        # watches the blocks can tell the one from the other.
        longest = _prime_from(int(frames.max()) + self.room)
        longest = _prime_from(longest + 1) if longest == len(lengths) else longest
        return torch.arange(longest, device=lengths.device) < frames[:, None]

    def forward(self, sounds: Tensor, lengths: Tensor) -> Tensor:
        """Logits ``[sounds, classes]``.

        Args:
            sounds: ``[sounds, samples]``, -1 to 1, padded behind with zeros.
            lengths: samples of each sound, ``[sounds]``.
        """
        real = self.frame_mask(lengths)
        samples = (real.shape[1] - 1) * self.hop + self.window
        features = self.mel(functional.pad(sounds, (0, samples - sounds.shape[1])))
        hidden = self.embed(((torch.log(features + QUIETEST) - LOG_MEAN) / LOG_SCALE).permute(2, 0, 1))
        weights = real.T.unsqueeze(-1).to(hidden.dtype)
        for block in self.conformer.conformer_layers:
            hidden = block(hidden * weights, ~real)
        logits: Tensor = self.head((hidden * weights).sum(0) / weights.sum(0))
        return logits


def _window(samples: int) -> Tensor:
    """Hann's window as a tensor of its own: torch gives a view of a longer one, which cannot be saved."""
    return torch.hann_window(samples).clone()


def _prime_from(number: int) -> int:
    """The first prime that is not smaller."""
    while any(number % divisor == 0 for divisor in range(2, int(number**0.5) + 1)):
        number += 1
    return number

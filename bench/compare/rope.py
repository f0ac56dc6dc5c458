"""Rotary embeddings (RoPE, half-split) for the models in this folder."""
import torch


def rotation(positions, width):
    """A function that rotates heads of so many positions and dimensions."""
    inverse = 10000.0 ** -(torch.arange(0, width, 2).float() / width)
    angles = torch.outer(torch.arange(positions).float(), inverse)
    angles = torch.cat([angles, angles], -1)
    cos, sin = angles.cos(), angles.sin()

    def rotate(x):
        a, b = x.chunk(2, -1)
        return x * cos + torch.cat([-b, a], -1) * sin

    return rotate

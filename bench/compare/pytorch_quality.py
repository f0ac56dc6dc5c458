"""The peer of `deno task bench quality --python PATH`: a Llama of width 128 in PyTorch on two threads.

Usage: python3 bench/compare/pytorch_quality.py SECONDS
Reads a line {vocab, cols, train, validation, test}: token ids, and lists of windows of cols + 1.
Trains for so many seconds on 8 windows per step, drawn at random, with AdamW at 0.003, 2 % warmup and
a cosine to a tenth over the time, and prints {torch, steps, tokensPerSecond, validation, test}.
"""
import json
import math
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

from rope import rotation

SECONDS = float(sys.argv[1])
L, H, D, M, B = 4, 4, 128, 352, 8
N = D // H
torch.set_num_threads(2)
torch.manual_seed(0)
given = json.loads(sys.stdin.readline())
V, T = given["vocab"], given["cols"]
train, validation, test = (torch.tensor(given[name]) for name in ("train", "validation", "test"))

rotate = rotation(T, N)


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(D, 3 * D, bias=False)
        self.o = nn.Linear(D, D, bias=False)
        self.gate_up = nn.Linear(D, 2 * M, bias=False)
        self.down = nn.Linear(M, D, bias=False)
        self.input_norm, self.post_norm = nn.RMSNorm(D, eps=1e-5), nn.RMSNorm(D, eps=1e-5)

    def forward(self, x):
        rows = x.shape[0]
        q, k, v = self.qkv(self.input_norm(x)).view(rows, T, 3, H, N).permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(rotate(q), rotate(k), v, is_causal=True)
        x = x + self.o(attended.transpose(1, 2).reshape(rows, T, D))
        gate, up = self.gate_up(self.post_norm(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(V, D)
        self.layers = nn.ModuleList(Layer() for _ in range(L))
        self.norm = nn.RMSNorm(D, eps=1e-5)
        self.head = nn.Linear(D, V, bias=False)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.02)

    def forward(self, ids):
        x = self.embedding(ids)
        for layer in self.layers:
            x = layer(x)
        return self.head(self.norm(x))


model = Model()
optimizer = torch.optim.AdamW(
    model.parameters(), lr=3e-3, betas=(0.9, 0.95), weight_decay=0.1, fused=True
)
offsets = torch.arange(T + 1)


def loss_of(windows):
    return F.cross_entropy(model(windows[:, :-1]).view(-1, V), windows[:, 1:].reshape(-1))


def rate(share):
    """Of the peak, when that share of the time has passed."""
    if share < 0.02:
        return share / 0.02
    return 0.1 + 0.45 * (1 + math.cos(math.pi * (share - 0.02) / 0.98))


def held_out(windows):
    with torch.no_grad():
        return sum(loss_of(part).item() * len(part) for part in windows.split(B)) / len(windows)


steps = 0
begun = time.perf_counter()
while (passed := time.perf_counter() - begun) < SECONDS:
    for group in optimizer.param_groups:
        group["lr"] = 3e-3 * rate(passed / SECONDS)
    starts = torch.randint(0, len(train) - T, (B, 1))
    optimizer.zero_grad(set_to_none=True)
    loss_of(train[starts + offsets]).backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    steps += 1
print(json.dumps({
    "torch": torch.__version__,
    "steps": steps,
    "tokensPerSecond": steps * B * T / (time.perf_counter() - begun),
    "validation": held_out(validation),
    "test": held_out(test),
}))

"""The reference models of `deno task bench train` in PyTorch eager on two threads, for comparison.

Usage: python3 bench/compare/pytorch.py tiny|small|base STEPS
Prints {config, msPerStep (median), tokensPerSecond, torch}. On Debian: python3-torch libopenblas0-pthread.
"""
import json
import math
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

# L, H, D, MLP, T, B, V
CONFIGS = {
    "tiny": (4, 4, 128, 352, 64, 12, 512),
    "small": (4, 4, 256, 688, 256, 8, 4096),
    "base": (6, 6, 384, 1024, 256, 8, 8192),
}
config, steps = sys.argv[1], int(sys.argv[2])
L, H, D, M, T, B, V = CONFIGS[config]
N = D // H
torch.set_num_threads(2)
torch.manual_seed(1)

angles = torch.outer(torch.arange(T).float(), 10000.0 ** -(torch.arange(0, N, 2).float() / N))
angles = torch.cat([angles, angles], -1)
cos, sin = angles.cos(), angles.sin()
causal = torch.full((T, T), -1e9).triu(1)


def norm(x, weight):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * weight


def rotate(x):
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat([-b, a], -1) * sin


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(D, D, bias=False) for _ in range(4))
        self.gate, self.up = (nn.Linear(D, M, bias=False) for _ in range(2))
        self.down = nn.Linear(M, D, bias=False)
        self.input_norm, self.post_norm = (nn.Parameter(torch.ones(D)) for _ in range(2))

    def forward(self, x):
        h = norm(x, self.input_norm)
        q, k, v = (w(h).view(B, T, H, N).transpose(1, 2) for w in (self.q, self.k, self.v))
        scores = rotate(q) @ rotate(k).transpose(-1, -2) / math.sqrt(N) + causal
        attended = F.softmax(scores, -1) @ v
        x = x + self.o(attended.transpose(1, 2).reshape(B, T, D))
        h = norm(x, self.post_norm)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(V, D)
        self.layers = nn.ModuleList(Layer() for _ in range(L))
        self.norm = nn.Parameter(torch.ones(D))
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.02)

    def forward(self, ids):
        x = self.embedding(ids)
        for layer in self.layers:
            x = layer(x)
        return norm(x, self.norm) @ self.embedding.weight.t()


model = Model()
optimizer = torch.optim.AdamW(
    model.parameters(), lr=1e-3, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1
)
ids = torch.randint(0, V, (B, T + 1))
times = []
for step in range(steps + 3):
    start = time.perf_counter()
    optimizer.zero_grad(set_to_none=True)
    loss = F.cross_entropy(model(ids[:, :-1]).view(-1, V), ids[:, 1:].reshape(-1))
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if step >= 3:
        times.append(time.perf_counter() - start)
ms = sorted(times)[len(times) // 2] * 1000
print(
    json.dumps(
        {
            "config": config,
            "msPerStep": ms,
            "tokensPerSecond": B * T / ms * 1000,
            "torch": torch.__version__,
        }
    )
)

"""The reference models of `deno task bench train` in PyTorch on two threads, for comparison.

Usage: python3 bench/compare/pytorch.py tiny|small|base eager|compile
Prints a line {torch, sgemmGflops}, then, for each line of standard input with a number of steps,
{msPerStep (median), tokensPerSecond}. sgemmGflops is what PyTorch's BLAS reaches on both threads,
on which the comparison depends most. On Debian: python3-torch libopenblas0-openmp (with
libopenblas0-pthread two pools of threads spin against each other: 20 times slower), and no
OPENBLAS_CORETYPE in the environment; for compile also python3-dev libtorch-dev g++.
"""
import json
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

from rope import rotation

# L, H, D, MLP, T, B, V
CONFIGS = {
    "tiny": (4, 4, 128, 352, 64, 12, 512),
    "small": (4, 4, 256, 688, 256, 8, 4096),
    "base": (6, 6, 384, 1024, 256, 8, 8192),
}
config, mode = sys.argv[1:3]
L, H, D, M, T, B, V = CONFIGS[config]
N = D // H
torch.set_num_threads(2)
torch.manual_seed(1)

rotate = rotation(T, N)


def norm(x, weight):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * weight


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
        attended = F.scaled_dot_product_attention(rotate(q), rotate(k), v, is_causal=True)
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
forward = torch.compile(model) if mode == "compile" else model
optimizer = torch.optim.AdamW(
    model.parameters(), lr=1e-3, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1, fused=True
)
ids = torch.randint(0, V, (B, T + 1))


def run(steps):
    """Milliseconds of each step."""
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(forward(ids[:, :-1]).view(-1, V), ids[:, 1:].reshape(-1))
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        times.append((time.perf_counter() - start) * 1000)
    return times


def sgemm_gflops(size=1024, rounds=20):
    """The fastest of some products of square matrices, in GFLOP/s."""
    a, b = torch.randn(size, size), torch.randn(size, size)
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        torch.mm(a, b)
        seconds.append(time.perf_counter() - start)
    return 2 * size**3 / min(seconds) / 1e9


run(3)  # Warms up; compiles.
print(json.dumps({"torch": torch.__version__, "sgemmGflops": sgemm_gflops()}), flush=True)
for line in sys.stdin:
    ms = sorted(run(int(line)))[int(line) // 2]
    print(json.dumps({"msPerStep": ms, "tokensPerSecond": B * T / ms * 1000}), flush=True)

"""Trains byte-level BPE with Hugging Face's tokenizers, for comparison.

Usage: python3 bench/compare/hf_tokenizers.py JOB, where JOB is the JSON of bench/tokenizer_training.ts:
{files, output, vocab}. Prints {seconds, idleMiB, peakMiB, tokens}: the most memory that the process
was resident in before and after training. Needs the package: pip install tokenizers==0.23.2
"""
import json
import re
import sys
import time

from tokenizers import Tokenizer, models, pre_tokenizers, trainers



def peak_mib():
    with open("/proc/self/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1)) / 1024


job = json.loads(sys.argv[1])
tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
trainer = trainers.BpeTrainer(vocab_size=job["vocab"], min_frequency=1, show_progress=False)
idle = peak_mib()
start = time.perf_counter()
tokenizer.train(job["files"], trainer)
seconds = time.perf_counter() - start
peak = peak_mib()
tokenizer.save(job["output"])
tokens = tokenizer.get_vocab_size()
print(json.dumps({"seconds": [seconds], "idleMiB": idle, "peakMiB": peak, "tokens": tokens}))

"""Adapts MiniLM's first layers to the language of health pages by masked-word prediction; needs torch.

Usage: python -m models.training.adapt --pool POOL.jsonl.gz --train TRAIN.jsonl --minilm FOLDER --out FOLDER
           [--layers 6] [--epochs 4] [--seed 0]

Domain-adaptive pretraining (Gururangan et al. 2020) on the texts of the pool
and of the training passages, without their labels; ``train_encoder --start``
takes it from there.  Texts of held-out sites are left out.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import time
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import nn

from claimcheck.reading.claims.encoder_input import CLS, SEP
from models.training.held_out import SHARE, is_held_out
from models.training.train_encoder import Reader, optimiser_of

LENGTH = 96
BATCH = 32
MASK, MASKED_SHARE = 103, 0.15
IGNORE = -100


class Guesser(nn.Module):
    """The reader's encoder with a head that guesses masked pieces; its weights are the embeddings'."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self.reader = reader
        size = reader.bert.config.hidden_size
        self.transform = nn.Sequential(nn.Linear(size, size), nn.GELU(), nn.LayerNorm(size))
        self.bias = nn.Parameter(torch.zeros(reader.bert.config.vocab_size))

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        """Return the logits of the pieces at ``places`` (a boolean mask)."""
        hidden = self.reader.bert(input_ids=ids, attention_mask=mask).last_hidden_state
        words = self.reader.bert.embeddings.word_embeddings.weight
        found: torch.Tensor = self.transform(hidden[places]) @ words.T + self.bias
        return found


def stretches(texts: list[str], tokenizer: Tokenizer) -> list[list[int]]:
    """Return the texts as inputs of at most ``LENGTH`` pieces."""
    found = []
    for encoded in tokenizer.encode_batch(texts, add_special_tokens=False):
        for at in range(0, len(encoded.ids), LENGTH - 2):
            part = encoded.ids[at : at + LENGTH - 2]
            if len(part) > 8:
                found.append([CLS, *part, SEP])
    return found


def masked(
    batch: list[list[int]], generator: torch.Generator, vocabulary: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return ids with masks, the attention mask, and what to guess; 80% masked, 10% other, 10% kept."""
    longest = max(map(len, batch))
    ids = torch.tensor([r + [0] * (longest - len(r)) for r in batch])
    real = (ids != 0) & (ids != CLS) & (ids != SEP)
    chosen = (torch.rand(ids.shape, generator=generator) < MASKED_SHARE) & real
    labels = torch.where(chosen, ids, torch.full_like(ids, IGNORE))
    dice = torch.rand(ids.shape, generator=generator)
    other = torch.randint(1000, vocabulary, ids.shape, generator=generator)
    shown = torch.where(chosen & (dice < 0.8), torch.full_like(ids, MASK), ids)
    shown = torch.where(chosen & (dice >= 0.9), other, shown)
    return shown, (ids != 0).long(), labels


def main() -> None:
    """Adapt and save the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--minilm", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--rate", type=float, default=3e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--hold-out", type=float, default=SHARE)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)
    tokenizer = Tokenizer.from_file(str(arguments.minilm / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    rows = [json.loads(line) for line in arguments.train.open(encoding="utf-8")]
    with gzip.open(arguments.pool, "rt", encoding="utf-8") as lines:
        rows += map(json.loads, lines)
    texts = [r["text"] for r in rows if not is_held_out(r["repo"], arguments.hold_out)]
    inputs = stretches(texts, tokenizer)
    model = Guesser(Reader(str(arguments.minilm), arguments.layers))
    steps = arguments.epochs * (len(inputs) // BATCH + 1)
    optimiser, schedule = optimiser_of(model, arguments.rate, steps)
    rng, generator = random.Random(arguments.seed), torch.Generator().manual_seed(arguments.seed)
    for epoch in range(arguments.epochs):
        model.train()
        order = sorted(inputs, key=lambda r: len(r) + rng.random() * 6)
        batches = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
        rng.shuffle(batches)
        started, total = time.time(), 0.0
        for batch in batches:
            ids, mask, labels = masked(batch, generator, model.reader.bert.config.vocab_size)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = model(ids, mask, labels != IGNORE)
            loss = nn.functional.cross_entropy(logits.float(), labels[labels != IGNORE])
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
        print(f"epoch {epoch}: loss {total / len(batches):.3f}, {time.time() - started:.0f} s", flush=True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.save(model.reader.state_dict(), arguments.out / "weights.pt")


if __name__ == "__main__":
    main()

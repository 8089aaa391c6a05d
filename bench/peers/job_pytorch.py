"""The digits job by a loop of one's own in PyTorch, in two processes. `--fused` takes Adam's one-kernel form."""

import sys

from digits import run_job


def prepare(job):
    import torch

    torch.set_num_threads(1)
    return [torch.from_numpy(part) for part in job.parts]


def train(job, configuration, parts, fused):
    import torch
    from torch import nn

    x, y, xv, yv = parts
    layers, width = [], x.shape[1]
    for _ in range(configuration["layers"]):
        layers += [nn.Linear(width, configuration["units"]), nn.ReLU(), nn.Dropout(configuration["dropout"])]
        width = configuration["units"]
    model = nn.Sequential(*layers, nn.Linear(width, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=configuration["learningRate"], fused=fused)
    loss_of = nn.CrossEntropyLoss()
    best = 0.0
    for _ in range(job.epochs):
        model.train()
        order = torch.randperm(len(x))
        for start in range(0, len(x), configuration["batchSize"]):
            rows = order[start : start + configuration["batchSize"]]
            optimizer.zero_grad()
            loss_of(model(x[rows]), y[rows]).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            output = model(xv)
            loss_of(output, yv).item()
            best = max(best, (output.argmax(1) == yv).float().mean().item())
    return best


def trial(job, configuration, parts):
    return train(job, configuration, parts, False)


def fused_trial(job, configuration, parts):
    return train(job, configuration, parts, True)


if __name__ == "__main__":
    run_job(fused_trial if "--fused" in sys.argv else trial, prepare)

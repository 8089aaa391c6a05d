"""What all jobs share: the prepared digits, the configurations, and two processes that take trials from one queue.

The request on standard input is {"table", "target", "epochs", "train": [row], "validation": [row],
"configurations": [{"layers", "units", "dropout", "learningRate", "batchSize"}]}.
"""

import json
import multiprocessing
import resource
import sys
import time

import numpy as np

PROCESSES = 2


class Job:
    def __init__(self, request):
        table = np.loadtxt(request["table"], delimiter=",", skiprows=1, dtype=np.float32)
        x, y = table[:, :-1], table[:, -1].astype(np.int64)
        train, validation = np.array(request["train"]), np.array(request["validation"])
        mean, deviation = x[train].mean(axis=0), x[train].std(axis=0)
        varies = deviation > 0
        x = ((x - mean) / np.where(varies, deviation, 1))[:, varies]
        self.x, self.y, self.train, self.validation = x, y, train, validation
        self.epochs = request["epochs"]
        self.configurations = request["configurations"]

    @property
    def parts(self):
        """x and y of training, x and y of validation."""
        return self.x[self.train], self.y[self.train], self.x[self.validation], self.y[self.validation]


_state = {}


def _start(request, prepare, barrier):
    _state["job"] = Job(request)
    _state["kept"] = prepare(_state["job"])
    # Trials begin when every process has loaded its libraries: importing them is not what is measured.
    barrier.wait()


def _cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _timed(task):
    trial, number = task
    started, cpu = time.time(), _cpu()
    best = trial(_state["job"], _state["job"].configurations[number], _state["kept"])
    return {"best": best, "started": started, "finished": time.time(), "cpu": _cpu() - cpu}


def run_job(trial, prepare=lambda job: None):
    """Prints the job's result. `trial(job, configuration, kept)` gives the best validation accuracy of all epochs."""
    request = json.load(sys.stdin)
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(PROCESSES)
    with context.Pool(PROCESSES, _start, (request, prepare, barrier)) as pool:
        tasks = [(trial, i) for i in range(len(request["configurations"]))]
        results = pool.map(_timed, tasks, chunksize=1)
    print_result(results)


def print_result(results):
    print(
        json.dumps(
            {
                "seconds": max(r["finished"] for r in results) - min(r["started"] for r in results),
                "cpuSeconds": sum(r["cpu"] for r in results),
                "trials": len(results),
                "best": max(r["best"] for r in results),
            }
        )
    )

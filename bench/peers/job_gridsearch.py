"""The digits job by scikit-learn's GridSearchCV over a Keras network, `n_jobs=2`, on the one split that all tools use."""

import json
import sys
import time

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import GridSearchCV, PredefinedSplit

from digits import Job, _cpu, print_result

NAMES = ["layers", "units", "dropout", "learningRate", "batchSize"]


class DigitsNet(ClassifierMixin, BaseEstimator):
    """What people write to put a Keras network into scikit-learn. `job` has the rows to validate on after each epoch."""

    def __init__(self, job=None, layers=1, units=32, dropout=0.0, learningRate=1e-3, batchSize=32):
        self.job = job
        self.layers = layers
        self.units = units
        self.dropout = dropout
        self.learningRate = learningRate
        self.batchSize = batchSize

    def fit(self, x, y):
        from nets import fit

        started, cpu = time.time(), _cpu()
        self.classes_ = np.arange(10)
        best = fit(self.job, {name: getattr(self, name) for name in NAMES})
        self.result_ = {"best": best, "started": started, "finished": time.time(), "cpu": _cpu() - cpu}
        return self


def result_of(net, x, y):
    """The scorer: the network was measured while it was trained."""
    return {**net.result_, "score": net.result_["best"]}


def warm(_):
    from nets import one_thread

    one_thread()
    import keras  # noqa: F401

    time.sleep(1)


def main():
    from joblib import Parallel, delayed, parallel_config

    request = json.load(sys.stdin)
    job = Job(request)
    fold = np.full(len(job.x), -1)
    fold[job.validation] = 0
    rows = np.sort(np.concatenate([job.train, job.validation]))
    grid = [{name: [configuration[name]] for name in NAMES} for configuration in job.configurations]
    with parallel_config("loky", n_jobs=2, inner_max_num_threads=1):
        Parallel()(delayed(warm)(i) for i in range(2))
        search = GridSearchCV(
            DigitsNet(job), grid, scoring=result_of, cv=PredefinedSplit(fold[rows]), refit=False, error_score="raise"
        )
        search.fit(job.x[rows], job.y[rows])
    found = search.cv_results_
    print_result(
        [
            {key: float(found[f"split0_test_{key}"][i]) for key in ("best", "started", "finished", "cpu")}
            for i in range(len(grid))
        ]
    )


if __name__ == "__main__":
    main()

"""The digits job by Optuna over Keras, two processes on one journal; every epoch is reported to the study."""

import os
import tempfile
import json
import multiprocessing
import sys

from digits import Job, _cpu, print_result
from nets import fit, one_thread

PROCESSES = 2


def worker(request, journal, barrier, results):
    one_thread()
    import keras
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    job = Job(request)
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(journal))
    study = optuna.load_study(study_name="digits", storage=storage, sampler=optuna.samplers.TPESampler(seed=os.getpid()))

    class Report(keras.callbacks.Callback):
        def __init__(self, trial):
            super().__init__()
            self.trial = trial

        def on_epoch_end(self, epoch, logs=None):
            self.trial.report(logs["val_accuracy"], epoch)
            self.trial.should_prune()

    def objective(trial):
        import time

        started, cpu = time.time(), _cpu()
        configuration = {
            "layers": trial.suggest_int("layers", 1, 3),
            "units": trial.suggest_categorical("units", [32, 64, 128, 256]),
            "dropout": trial.suggest_float("dropout", 0, 0.5),
            "learningRate": trial.suggest_float("learningRate", 1e-4, 3e-2, log=True),
            "batchSize": trial.suggest_categorical("batchSize", [32, 64, 128]),
        }
        best = fit(job, configuration, [Report(trial)])
        results.put({"best": best, "started": started, "finished": time.time(), "cpu": _cpu() - cpu})
        return best

    barrier.wait()
    most = optuna.study.MaxTrialsCallback(len(request["configurations"]), states=None)
    study.optimize(objective, callbacks=[most])


def main():
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    request = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        journal = os.path.join(folder, "journal.log")
        storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(journal))
        # Without pruning, so that all tools do equal work.
        study = optuna.create_study(
            study_name="digits", storage=storage, direction="maximize", pruner=optuna.pruners.NopPruner()
        )
        for configuration in request["configurations"]:
            study.enqueue_trial(configuration)
        context = multiprocessing.get_context("spawn")
        barrier, results = context.Barrier(PROCESSES), context.Queue()
        workers = [
            context.Process(target=worker, args=(request, journal, barrier, results)) for _ in range(PROCESSES)
        ]
        for process in workers:
            process.start()
        print_result([results.get() for _ in request["configurations"]])
        for process in workers:
            process.terminate()


if __name__ == "__main__":
    main()

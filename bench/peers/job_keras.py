"""The digits job by a loop over Keras' `fit`, in two processes."""

from digits import run_job
from nets import fit, one_thread


def prepare(job):
    one_thread()
    import keras  # noqa: F401


def trial(job, configuration, _):
    return fit(job, configuration)


if __name__ == "__main__":
    run_job(trial, prepare)

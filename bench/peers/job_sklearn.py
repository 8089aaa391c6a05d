"""The digits job by scikit-learn's MLPClassifier (it has no dropout), an epoch at a time, in two processes."""

from digits import run_job


def prepare(job):
    import sklearn.neural_network  # noqa: F401


def trial(job, configuration, _):
    from sklearn.metrics import log_loss
    from sklearn.neural_network import MLPClassifier

    x, y, xv, yv = job.parts
    model = MLPClassifier(
        hidden_layer_sizes=[configuration["units"]] * configuration["layers"],
        batch_size=configuration["batchSize"],
        learning_rate_init=configuration["learningRate"],
        alpha=0,
    )
    best = 0.0
    for _ in range(job.epochs):
        model.partial_fit(x, y, classes=range(10))
        probabilities = model.predict_proba(xv)
        log_loss(yv, probabilities, labels=range(10))
        best = max(best, float((probabilities.argmax(1) == yv).mean()))
    return best


if __name__ == "__main__":
    run_job(trial, prepare)

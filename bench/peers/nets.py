"""The job's network in Keras."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"


def one_thread():
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def keras_model(width, configuration):
    import keras

    layers = [keras.layers.Input((width,))]
    for _ in range(configuration["layers"]):
        layers.append(keras.layers.Dense(configuration["units"], activation="relu"))
        layers.append(keras.layers.Dropout(configuration["dropout"]))
    model = keras.Sequential([*layers, keras.layers.Dense(10)])
    model.compile(
        optimizer=keras.optimizers.Adam(configuration["learningRate"]),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def fit(job, configuration, callbacks=()):
    """The best validation accuracy of all epochs."""
    import keras

    keras.utils.clear_session()
    x, y, xv, yv = job.parts
    history = keras_model(x.shape[1], configuration).fit(
        x,
        y,
        validation_data=(xv, yv),
        batch_size=configuration["batchSize"],
        epochs=job.epochs,
        callbacks=list(callbacks),
        verbose=0,
    )
    return max(history.history["val_accuracy"])

"""The parts of a run, in the order in which `training.pipeline` takes them."""

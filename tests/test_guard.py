"""Steps that are not numbers are skipped, streaks and rising losses go back."""

import math

from training.guard import FIRST_LOSSES, SKIPS_IN_A_ROW, SPIKE_LEAST_STEPS, WINDOW, Guard, own_loss


def test_a_step_that_is_not_a_number_is_skipped_and_a_streak_goes_back() -> None:
    guard = Guard()
    assert guard.judge_step([0.5, 0.4], gradients_finite=True) == "fine"
    assert guard.judge_step([math.nan], gradients_finite=True) == "skip"
    assert guard.judge_step([0.5], gradients_finite=True) == "fine"
    found = [guard.judge_step([0.5], gradients_finite=False) for _ in range(SKIPS_IN_A_ROW)]
    assert found == ["skip"] * (SKIPS_IN_A_ROW - 1) + ["go_back"]
    assert guard.skipped == 1 + SKIPS_IN_A_ROW


def test_a_loss_far_above_its_beginning_has_diverged_and_noise_has_not() -> None:
    falling, rising = Guard(), Guard()
    for step in range(FIRST_LOSSES + WINDOW):
        falling.judge_step([2.0 + 0.4 * math.sin(step)], gradients_finite=True)
        rising.judge_step([2.0 if step < FIRST_LOSSES else 3.5], gradients_finite=True)
    assert not falling.diverged()
    assert rising.diverged()


def test_a_resumed_guard_judges_as_if_it_had_never_stopped() -> None:
    guard = Guard()
    for loss in range(30):
        guard.judge_step([float(loss)], gradients_finite=True)
    again = Guard.from_json(guard.as_json())
    assert again.diverged() == guard.diverged()
    assert (again.first, again.recent, again.last) == (guard.first, guard.recent, guard.last)


def test_a_spike_is_skipped_once_enough_steps_say_what_is_usual() -> None:
    guard = Guard()
    for step in range(SPIKE_LEAST_STEPS):
        assert guard.judge_step([9.0 if step == 3 else 1.0 + 0.05 * math.sin(step)], gradients_finite=True) == "fine"  # fmt: skip
    guard.last.extend([1.0 + 0.05 * math.sin(step) for step in range(128)])
    guard.last_shares.extend([1.0] * 128)
    assert guard.judge_step([4.0], gradients_finite=True) == "spike"
    assert (guard.spikes, guard.skipped) == (1, 0)
    assert guard.judge_step([1.0], gradients_finite=True) == "fine"


def test_a_hard_batch_late_in_training_is_no_spike() -> None:
    guard = Guard()
    for step in range(128):
        guard.judge_step([0.010 + 0.001 * math.sin(step)], gradients_finite=True)
    assert guard.judge_step([0.3], gradients_finite=True) == "fine", "far beyond six sigma, but low"


def test_a_loss_that_stays_high_is_not_skipped_for_ever() -> None:
    guard = Guard()
    for step in range(128):
        guard.judge_step([1.0 + 0.05 * math.sin(step)], gradients_finite=True)
    found = [guard.judge_step([3.0], gradients_finite=True) for _ in range(20)]
    assert found[0] == "spike"
    assert found[-1] == "fine"
    assert guard.diverged()


def test_a_spike_that_was_skipped_does_not_send_the_training_back() -> None:
    guard = Guard()
    for step in range(128):
        guard.judge_step([1.0 + 0.05 * math.sin(step)], gradients_finite=True)
    assert guard.judge_step([1000.0], gradients_finite=True) == "spike"
    assert not guard.diverged()


def test_a_rate_that_breaks_the_first_steps_already_is_found_by_a_loss_above_guessing() -> None:
    losses = [3.2, 2.3, 6.0, 10.8, 5.4, 11.5, 14.9, 11.6, *[11.7] * WINDOW]
    broken, hard = Guard(guessing=math.log(4096)), Guard(guessing=math.log(4096))
    for step, loss in enumerate(losses):
        broken.judge_step([loss], gradients_finite=True)
        hard.judge_step([9.5 - 0.02 * step], gradients_finite=True)
    assert broken.diverged()
    assert not hard.diverged(), "rows that the untouched model finds less likely than guessing"


MIXED = [(1.7, 1.0), (1e-6, 0.0), (1e-6, 0.0), (0.9, 0.5)]
"""Loss and the person's share of steps of worked problems beside short rehearsed conversations."""


def test_steps_that_only_rehearse_are_no_beginning_that_others_rise_above() -> None:
    guard = Guard()
    for loss, share in [(1e-8, 0.0)] * 12 + MIXED * 20 + [(1.7, 1.0)] * WINDOW:
        assert guard.judge_step([loss], gradients_finite=True, share=share) == "fine"
        assert not guard.diverged()


def test_one_of_the_persons_rows_among_many_rehearsed_ones_is_no_spike() -> None:
    guard = Guard()
    for step in range(300):
        own = step % 40 == 0
        found = guard.judge_step([1.7 if own else 0.01], gradients_finite=True, share=float(own))
        assert found == "fine"


def test_a_loss_that_rises_beside_rehearsal_has_diverged_all_the_same() -> None:
    guard = Guard()
    for loss, share in MIXED * 4 + [(4.0 * loss + 2.0, share) for loss, share in MIXED * 4]:
        guard.judge_step([loss], gradients_finite=True, share=share)
    assert guard.diverged()


def test_a_resumed_guard_knows_the_shares_and_an_old_one_had_none() -> None:
    guard = Guard()
    for loss, share in MIXED * 10:
        guard.judge_step([loss], gradients_finite=True, share=share)
    stored = guard.as_json()
    assert Guard.from_json(stored) == guard
    old = {name: value for name, value in stored.items() if not name.endswith("_shares")}
    assert set(Guard.from_json(old).recent_shares) == {1.0}


def test_the_loss_that_is_told_is_that_of_the_persons_rows() -> None:
    assert own_loss([(1.7, 1.0), (0.0, 0.0), (0.85, 0.5)]) == 1.7
    assert own_loss([(1e-8, 0.0)]) is None

"""The order of learning: shares by tokens, weights, epochs, and always the same for a seed."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.mixture import mix

LENGTHS = st.lists(st.integers(5, 60), min_size=1, max_size=60)


@given(LENGTHS, LENGTHS, st.floats(0.05, 0.8), st.integers(1, 3))
def test_the_share_of_replay_is_met_to_one_row(
    own: list[int], replay: list[int], share: float, epochs: int
) -> None:
    mixture = mix(own, replay, share=share, epochs=epochs, batch_size=4, seed=1)
    wanted = mixture.own_tokens * share / (1 - share)
    assert wanted <= mixture.replay_tokens < wanted + max(replay)
    assert mixture.own_tokens == epochs * sum(own)


@given(LENGTHS, st.floats(0.2, 3.0))
def test_every_row_is_seen_once_an_epoch(own: list[int], epochs: float) -> None:
    mixture = mix(own, [], share=0, epochs=epochs, batch_size=4, seed=2)
    seen = Counter(mixture.order)
    assert set(seen.values()) <= {math.floor(epochs), math.ceil(epochs)}
    last_part = epochs - math.floor(epochs)
    assert len(mixture.order) == math.floor(epochs) * len(own) + math.ceil(
        last_part * len(own) - 1e-9
    )


def test_the_order_depends_on_the_seed_alone() -> None:
    first, again, other = (
        mix([9] * 40, [7] * 30, share=0.5, epochs=2, batch_size=8, seed=seed).order
        for seed in (3, 3, 4)
    )
    assert first == again != other


def test_no_replay_row_comes_twice_before_all_came_once() -> None:
    mixture = mix([10] * 20, [10] * 30, share=0.5, epochs=2, batch_size=4, seed=0)
    replay = Counter(index for index in mixture.order if index >= mixture.num_own)
    assert set(replay.values()) <= {1, 2}
    assert mixture.replay_passes == pytest.approx(40 / 30)


def test_a_row_is_seen_as_often_as_it_weighs() -> None:
    seen = Counter(
        mix([5, 5, 5, 5], [], share=0, epochs=4, batch_size=2, seed=0, weights=[1, 2, 0.5, 0]).order
    )
    assert [seen[index] for index in range(4)] == [4, 8, 2, 0]


def test_rows_of_a_batch_are_alike_in_length() -> None:
    lengths = [8, 80] * 64
    order = mix(lengths, [], share=0, epochs=1, batch_size=8, seed=0).order
    batches = [order[at : at + 8] for at in range(0, len(order), 8)]
    assert sum(len({lengths[row] for row in batch}) == 1 for batch in batches) >= len(batches) - 1


def test_a_share_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no replay rows"):
        mix([5], [], share=0.5, epochs=1, batch_size=1, seed=0)
    with pytest.raises(ValueError, match="no row would be learnt"):
        mix([5], [], share=0, epochs=1, batch_size=1, seed=0, weights=[0.0])


def test_general_rows_can_come_ever_more_often() -> None:
    even = mix([10] * 400, [10] * 200, share=0.5, epochs=2, batch_size=8, seed=3)
    late = mix([10] * 400, [10] * 200, share=0.5, epochs=2, batch_size=8, seed=3, replay_late=True)
    assert Counter(even.order) == Counter(late.order), "the same rows as often"
    quarters = [late.order[at : at + 400] for at in range(0, 1600, 400)]
    shares = [sum(row >= 400 for row in part) / 400 for part in quarters]
    assert shares == sorted(shares)
    assert shares[0] < 0.3
    assert shares[-1] > 0.6


def test_rows_that_are_packed_stay_in_their_shuffled_order() -> None:
    lengths = [number % 50 + 1 for number in range(300)]
    packed = mix(lengths, [], share=0, epochs=1, batch_size=8, seed=3, by_length=False)
    sizes = [sum(lengths[row] for row in packed.order[at : at + 8]) for at in range(0, 296, 8)]
    sorted_ = mix(lengths, [], share=0, epochs=1, batch_size=8, seed=3)
    spread = [sum(lengths[row] for row in sorted_.order[at : at + 8]) for at in range(0, 296, 8)]
    assert max(sizes) - min(sizes) < max(spread) - min(spread)

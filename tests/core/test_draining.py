"""All steps are gone through, and the result is given back."""

from napari_unetseg.core.draining import result_of


def test_every_step_is_done_before_the_result_is_there():
    done = []

    def steps():
        for number in range(3):
            done.append(number)
            yield number
        return sum(done)

    assert result_of(steps()) == 3
    assert done == [0, 1, 2]

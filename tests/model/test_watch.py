"""When the first token counts as come."""

import time

import pytest
import torch

from foveate.model.hf_generate import Watch

READING_S = 0.05


class Pending:
    """Tokens on an accelerator that is still at work: reading them takes until it is done."""

    shape, device = (1, 8), "cpu"

    def __getitem__(self, key: object) -> "Pending":
        return self

    def tolist(self) -> list[int]:
        time.sleep(READING_S)
        return [1]


@pytest.mark.parametrize("tokens", [Pending(), torch.zeros(2, 8, dtype=torch.long)], ids=["still at work", "there"])
def test_the_first_token_has_come_when_it_can_be_read(tokens: object) -> None:
    watch = Watch()
    stop = watch(tokens, None)
    assert watch.first_token_s is not None
    assert (watch.first_token_s >= READING_S) == isinstance(tokens, Pending)
    assert not stop.any()
    first_s = watch.first_token_s
    watch(tokens, None)
    assert watch.first_token_s == first_s

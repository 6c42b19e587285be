"""The attention block: equal to keys and values written out, itself at step 0, alike for tokens of any size, padded or not."""

import math
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from beartype import beartype  # noqa: E402
from jaxtyping import jaxtyped  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from foveate.errors import ModelError, UsageError  # noqa: E402
from foveate.model.attention import OUTPUTS, QUERIES, PatchAttention, load_block, save_block  # noqa: E402
from foveate.train.loss import gaze_kl  # noqa: E402

BATCH, FRAMES, PATCHES, WIDTH = 2, 3, 10, 24
KINDS = [(query, output, blocks) for query in QUERIES for output in OUTPUTS for blocks in (1, 2)]


@pytest.fixture(autouse=True)
def shapes_are_checked(monkeypatch) -> None:
    monkeypatch.setattr(PatchAttention, "forward", jaxtyped(PatchAttention.forward, typechecker=beartype))


def make(query="global", output="pooled", blocks=2, *, width=WIDTH, gate=None, seed=0, **options) -> PatchAttention:
    torch.manual_seed(seed)
    block = PatchAttention(width, heads=4, query=query, output=output, blocks=blocks, **options)
    with torch.no_grad():
        if gate is not None:
            block.gates.fill_(gate)
        if query == "learned":
            block.pooling.normal_()
        for each in block.blocks:  # sharper than at first, so that attention is far from uniform
            each.key.weight.mul_(6)
    return block


def draw(*shape: int, seed: int = 1, size: float = 1.0) -> Tensor:
    return size * torch.randn(shape or (BATCH, FRAMES, PATCHES, WIDTH), generator=torch.Generator().manual_seed(seed))


def unit(x: Tensor) -> Tensor:
    return x / x.square().mean(dim=-1, keepdim=True).sqrt()


def written_out(block: PatchAttention, tokens: Tensor) -> tuple[Tensor, Tensor]:
    """The same by the textbook: keys and values of every patch, an attention matrix, loops over frames and heads."""
    options, normed = block.options, unit(tokens)
    heads = options["heads"]
    out = torch.zeros(BATCH, FRAMES, PATCHES + (options["output"] == "token"), WIDTH)
    attention = torch.zeros(BATCH, FRAMES, PATCHES)
    for item in range(BATCH):
        for frame in range(FRAMES):
            patches = tokens[item, frame]
            if options["query"] == "global":
                asked = tokens[item].flatten(0, 1).mean(dim=0)
            elif options["query"] == "frame":
                asked = patches.mean(dim=0)
            else:
                every = tokens[item].flatten(0, 1)
                asked = ((unit(every) @ block.pooling) / math.sqrt(WIDTH)).softmax(dim=0) @ every
            seen, found = [], []
            for each in block.blocks:
                query, key = each.query(unit(asked)).chunk(heads), each.key(normed[item, frame]).chunk(heads, dim=-1)
                a = [(k @ q / math.sqrt(len(q))).softmax(dim=0) for q, k in zip(query, key, strict=True)]
                seen += a
                if each.value is not None:
                    value = each.value(patches).chunk(heads, dim=-1)
                    found.append(each.out(torch.cat([w @ v for w, v in zip(a, value, strict=True)])))
                    asked = asked + found[-1]
            mean = torch.stack(seen).mean(dim=0)
            attention[item, frame] = mean
            vector = sum(gate * value for gate, value in zip(block.gates, found, strict=False))
            if options["output"] == "pooled":
                out[item, frame] = patches + vector
            elif options["output"] == "scaled":
                out[item, frame] = patches * (1 + block.gates[0] * (PATCHES * mean - 1))[:, None]
            else:
                out[item, frame] = torch.cat([patches, (mean @ patches + vector)[None]])
    return out, attention


@pytest.mark.parametrize(("query", "output", "blocks"), KINDS)
def test_folded_equals_written_out(query, output, blocks) -> None:
    block, tokens = make(query, output, blocks, gate=0.7), draw()
    found, (out, attention) = block(tokens), written_out(block, tokens)
    torch.testing.assert_close(found.tokens, out, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(found.attention, attention, rtol=1e-5, atol=1e-5)
    assert found.attention.max() > 2 / PATCHES  # not the uniform attention that any formula gives


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize(("query", "output", "blocks"), KINDS)
def test_step_0_is_the_input_bit_by_bit(query, output, blocks, dtype) -> None:
    tokens = draw(size=30.0).to(dtype)
    found = make(query, output, blocks)(tokens)
    assert found.tokens.dtype == dtype
    assert torch.equal(found.tokens[:, :, :PATCHES], tokens)
    assert found.tokens.shape[2] == PATCHES + (output == "token")
    assert found.attention.dtype == torch.float32


def test_the_extra_token_starts_as_the_frame_pooled_by_attention() -> None:
    tokens = draw()
    found = make(output="token")(tokens)
    torch.testing.assert_close(found.tokens[:, :, -1], torch.einsum("bfp,bfpd->bfd", found.attention, tokens))


@pytest.mark.parametrize(("query", "output", "blocks"), KINDS)
def test_attention_is_a_distribution_over_each_frames_patches(query, output, blocks) -> None:
    attention = make(query, output, blocks)(draw()).attention
    assert attention.shape == (BATCH, FRAMES, PATCHES)
    torch.testing.assert_close(attention.sum(dim=-1), torch.ones(BATCH, FRAMES))
    assert (attention > 0).all()


@pytest.mark.parametrize(("query", "output", "blocks"), KINDS)
def test_tokens_of_another_size_get_the_same_attention_and_an_output_of_that_size(query, output, blocks) -> None:
    block, tokens = make(query, output, blocks, gate=0.7), draw()
    one, large = block(tokens), block(1000 * tokens)
    torch.testing.assert_close(large.attention, one.attention, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(large.tokens / 1000, one.tokens, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("query", "shared"), [("global", True), ("learned", True), ("frame", False)])
def test_what_the_query_sees(query, shared) -> None:
    block, tokens = make(query, blocks=1), draw()
    other = tokens.clone()
    other[0, 2] = draw(PATCHES, WIDTH, seed=9)
    before, after = block(tokens).attention, block(other).attention
    assert torch.equal(before[1], after[1])  # another item of the batch
    assert torch.allclose(before[0, 0], after[0, 0], atol=1e-6) is not shared  # another frame of the same item


def test_learned_pooling_starts_as_the_mean() -> None:
    learned, mean = make("learned"), make("global")
    nn.init.zeros_(learned.pooling)
    assert torch.equal(learned(draw()).attention, mean(draw()).attention)


@pytest.mark.parametrize(("query", "output", "blocks"), KINDS)
def test_padding_changes_nothing(query, output, blocks) -> None:
    block, tokens = make(query, output, blocks, gate=0.7), draw()
    alone = block(tokens)
    padded = torch.cat([tokens, draw(BATCH, FRAMES, 4, WIDTH, seed=5, size=50.0)], dim=2)
    padded = torch.cat([padded, draw(BATCH, 1, PATCHES + 4, WIDTH, seed=6)], dim=1)  # a frame that is not there at all
    present = torch.zeros(BATCH, FRAMES + 1, PATCHES + 4, dtype=torch.bool)
    present[:, :FRAMES, :PATCHES] = True
    found = block(padded, present)
    torch.testing.assert_close(found.attention[:, :FRAMES, :PATCHES], alone.attention)
    assert (found.attention[~present] == 0).all()
    torch.testing.assert_close(found.tokens[:, :FRAMES, :PATCHES], alone.tokens[:, :, :PATCHES])
    if output == "token":
        torch.testing.assert_close(found.tokens[:, :FRAMES, -1], alone.tokens[:, :, -1])
    assert torch.isfinite(found.tokens).all()


@pytest.mark.parametrize("output", OUTPUTS)
def test_gradients_are_those_of_finite_differences(output) -> None:
    torch.manual_seed(0)
    block = PatchAttention(6, heads=2, query="learned", output=output).double()
    nn.init.constant_(block.gates, 0.3)
    tokens = draw(1, 2, 4, 6).double().requires_grad_()
    parameters = dict(block.named_parameters())

    def run(tokens: Tensor, *values: Tensor) -> tuple[Tensor, ...]:
        return tuple(torch.func.functional_call(block, dict(zip(parameters, values, strict=True)), (tokens,)))

    assert torch.autograd.gradcheck(run, (tokens, *parameters.values()))


@pytest.mark.parametrize(("query", "output", "blocks"), KINDS)
def test_every_parameter_gets_a_gradient_from_text_and_gaze(query, output, blocks) -> None:
    block, tokens = make(query, output, blocks, gate=0.1), draw().requires_grad_()
    found = block(tokens)
    gaze = draw(BATCH, FRAMES, PATCHES, seed=7).softmax(dim=-1)
    (found.tokens.square().mean() + gaze_kl(found.attention, gaze, torch.ones(BATCH, FRAMES, dtype=torch.bool))).backward()
    for name, parameter in block.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name
    assert tokens.grad.abs().sum() > 0


@pytest.mark.parametrize("output", OUTPUTS)
def test_at_step_0_the_text_alone_moves_the_gates(output) -> None:
    block = make(output=output)
    (block(draw()).tokens * draw(seed=8).mean()).square().sum().backward()
    assert (block.gates.grad != 0).all()


def test_the_gaze_loss_teaches_it_to_find_what_is_looked_at() -> None:
    torch.manual_seed(0)
    looked_at, mark = torch.randint(PATCHES, (64, FRAMES)), draw(WIDTH, seed=3)
    tokens = draw(64, FRAMES, PATCHES, WIDTH)
    gaze = nn.functional.one_hot(looked_at, PATCHES).float()
    tokens = tokens + 2 * gaze[..., None] * mark
    block, valid = PatchAttention(WIDTH, heads=4), torch.ones(64, FRAMES, dtype=torch.bool)
    optimizer = torch.optim.Adam(block.parameters(), lr=1e-2)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = gaze_kl(block(tokens).attention, gaze, valid)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]
    assert (block(tokens).attention.argmax(dim=-1) == looked_at).float().mean() > 0.95


def test_block_and_loss_compile_into_one_graph(monkeypatch) -> None:
    monkeypatch.undo()  # the shape checker cannot be compiled, and users run without it
    block, tokens, gaze = make(gate=0.3), draw(), draw(BATCH, FRAMES, PATCHES, seed=7).softmax(dim=-1)
    valid = torch.ones(BATCH, FRAMES, dtype=torch.bool)

    def run(tokens: Tensor) -> Tensor:
        found = block(tokens)
        return found.tokens.square().mean() + gaze_kl(found.attention, gaze, valid)

    torch.testing.assert_close(torch.compile(run, backend="eager", fullgraph=True)(tokens), run(tokens))


@pytest.mark.parametrize("output", OUTPUTS)
def test_autocast_and_a_float32_block_beside_a_bfloat16_model(output) -> None:
    block, tokens = make(output=output, gate=0.1), draw()
    exact = block(tokens)
    with torch.autocast("cpu", torch.bfloat16):
        inside = block(tokens)
    beside = block(tokens.bfloat16())
    for found, dtype in ((inside, torch.float32), (beside, torch.bfloat16)):
        assert found.tokens.dtype == dtype
        assert found.attention.dtype == torch.float32
        torch.testing.assert_close(found.tokens.float(), exact.tokens, rtol=0.05, atol=0.05)
        torch.testing.assert_close(found.attention, exact.attention, rtol=0.1, atol=0.01)


def test_a_token_of_zeros_is_no_nan() -> None:
    tokens = torch.zeros(1, 2, 4, WIDTH, requires_grad=True)
    found = make(gate=0.5)(tokens)
    torch.testing.assert_close(found.attention, torch.full((1, 2, 4), 0.25))
    found.tokens.sum().backward()
    assert torch.isfinite(tokens.grad).all()


@pytest.mark.parametrize(("query", "output", "blocks"), KINDS)
def test_it_holds_no_more_parameters_than_told(query, output, blocks) -> None:
    inner = 8
    block = make(query, output, blocks, inner=inner)
    found = sum(parameter.numel() for parameter in block.parameters())
    projections, gates = (4 * blocks - 2, 1) if output == "scaled" else (4 * blocks, blocks)
    assert found == projections * WIDTH * inner + gates + (WIDTH if query == "learned" else 0)
    assert found <= blocks * (4 * WIDTH * inner + 1) + WIDTH


@pytest.mark.parametrize("blocks", [1, 2])
@pytest.mark.parametrize("output", OUTPUTS)
def test_nothing_of_patches_by_width_is_kept_but_the_tokens_themselves(output, blocks) -> None:
    block, tokens = make(output=output, blocks=blocks, gate=0.1), draw(1, 2, 512, WIDTH).requires_grad_()
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        block(tokens)
    large = [tensor for tensor in kept.values() if tensor.untyped_storage().nbytes() >= tokens.untyped_storage().nbytes()]
    assert [tensor.untyped_storage().data_ptr() for tensor in large] == [tokens.untyped_storage().data_ptr()]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize(("query", "output", "blocks"), KINDS)
def test_saved_and_loaded_it_is_the_same(query, output, blocks, dtype, tmp_path: Path) -> None:
    block = make(query, output, blocks, gate=0.3).to(dtype)
    save_block(block, tmp_path / "block.safetensors")
    loaded = load_block(tmp_path / "block.safetensors")
    assert loaded.options == block.options
    for one, other in zip(block(draw()), loaded(draw()), strict=True):
        assert torch.equal(one, other)
    assert [path.name for path in tmp_path.iterdir()] == ["block.safetensors"]


def test_a_file_that_is_no_block_is_refused(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    path = tmp_path / "block.safetensors"
    with pytest.raises(ModelError, match=r"block.safetensors cannot be read as an attention block"):
        load_block(path)
    path.write_bytes(b"not a safetensors file")
    with pytest.raises(ModelError, match="cannot be read as an attention block"):
        load_block(path)
    save_file({"weight": torch.zeros(2)}, path)
    with pytest.raises(ModelError, match="holds no attention block"):
        load_block(path)
    for options in ("{", '{"width": 4, "depth": 3}', '{"width": 4, "heads": 3}', '{"width": 4, "heads": 2}', "[]"):
        save_file({"gates": torch.zeros(2)}, path, metadata={"patch_attention": options})
        with pytest.raises(ModelError, match="make no attention block"):
            load_block(path)


REFUSED = {
    "heads": ({"heads": 5}, r"inner a multiple of heads, got 24, 5, 24, 2"),
    "no block": ({"blocks": 0}, r"must be positive .*, got 24, 8, 24, 0"),
    "query": ({"query": "golbal"}, r"no query 'golbal'; did you mean 'global'; it is one of: global, learned, frame"),
    "output": ({"output": "gated"}, r"no output 'gated'.*; it is one of: pooled, scaled, token"),
}


@pytest.mark.parametrize(("options", "told"), REFUSED.values(), ids=REFUSED.keys())
def test_options_that_are_refused(options, told) -> None:
    with pytest.raises(UsageError, match=told):
        PatchAttention(WIDTH, **options)


@pytest.mark.parametrize(
    ("shape", "present", "told"),
    [
        ((3, 10, WIDTH), None, r"tokens must be \(batch, frames, patches, 24\), got \(3, 10, 24\)"),
        ((2, 3, 10, 16), None, r"got \(2, 3, 10, 16\)"),
        (
            (2, 3, 10, WIDTH),
            torch.ones(2, 3, dtype=torch.bool),
            r"present must be boolean and \(2, 3, 10\) .* got torch.bool \(2, 3\)",
        ),
        ((2, 3, 10, WIDTH), torch.ones(2, 3, 10), r"got torch.float32 \(2, 3, 10\)"),
    ],
    ids=["no batch", "width", "shape of present", "present as numbers"],
)
def test_shapes_that_are_refused(shape, present, told, monkeypatch) -> None:
    monkeypatch.undo()  # without the shape checker, as users run it
    with pytest.raises(UsageError, match=told):
        make()(torch.zeros(shape), present)

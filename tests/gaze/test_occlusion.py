"""Forward-backward flow: what is occluded, and where the rest has moved."""

from pathlib import Path

import numpy as np
import pytest

from foveate.errors import UsageError
from foveate.gaze import occlusion
from foveate.gaze.flow import make_flow
from foveate.gaze.occlusion import CHECKS, FramePair, consistency, local, unchecked, whole_frame, working_size
from foveate.geometry import Size
from gaze.pictures import shifted, texture

SCENE = Size(1440, 1080)
"""Four times the working size of 360 x 270."""


def constant(x: float, y: float, size=(20, 30)) -> np.ndarray:
    return np.broadcast_to(np.float32([x, y]), (*size, 2)).copy()


def fixed(forward, backward):
    """A flow that was computed beforehand."""
    answers = iter([forward, backward])
    return lambda before, after: next(answers)


def counted(calls):
    dis = make_flow("dis")

    def flow(before, after):
        calls.append(before.shape)
        return dis(before, after)

    return flow


class TestConsistency:
    @pytest.mark.parametrize(
        ("forward", "backward", "delta"),
        [
            pytest.param((3, -2), (-3, 2), 0.0, id="there and back"),
            pytest.param((3, 0), (3, 0), 6.0, id="the sum, not the difference"),
            pytest.param((3, 4), (0, 0), 5.0, id="the norm, not one axis"),
        ],
    )
    def test_constant_flows(self, forward, backward, delta):
        found = consistency(constant(*forward), constant(*backward))
        assert found[5:-5, 5:-5] == pytest.approx(delta)

    def test_backward_flow_is_read_where_the_pixel_arrives(self):
        backward = constant(0, 0)
        backward[..., 0] = -np.arange(30) / 10
        found = consistency(constant(2.5, 0), backward)
        # p = 10 arrives at 12.5, where the way back is -1.25: linearly between pixels 12 and 13
        assert found[10, 10] == pytest.approx(2.5 - 1.25)
        assert found[10, 20] == pytest.approx(2.5 - 2.25)

    def test_rows_and_columns_are_told_apart(self):
        backward = constant(0, 0)
        backward[..., 1] = -np.arange(20)[:, None] / 10
        assert consistency(constant(0, 3), backward)[4, 15] == pytest.approx(3 - 0.7)

    def test_what_leaves_the_frame_fails(self):
        found = consistency(constant(4, 0), constant(-4, 0))
        assert np.isinf(found[:, 26:]).all()
        assert found[:, :26] == pytest.approx(0)

    def test_sizes_are_checked(self):
        with pytest.raises(UsageError, match=r"of one size are needed, got \(20, 30, 2\) and \(10, 30, 2\)"):
            consistency(constant(0, 0), constant(0, 0, (10, 30)))


class TestWholeFrame:
    """The paper's rule, with the mistakes of its released code: eps not scaled, per axis, another share."""

    IMAGE = np.zeros((270, 360), np.uint8)

    @pytest.mark.parametrize(
        ("apart", "scene_px", "fires"),
        [
            pytest.param((4.9, 0), SCENE, False, id="eps 20 px are 5 at a quarter of the size"),
            pytest.param((5.1, 0), SCENE, True, id="beyond them"),
            pytest.param((4, 4), SCENE, True, id="norm, not per axis"),
            pytest.param((9.9, 0), Size(720, 540), False, id="10 at half the size"),
            pytest.param((10.1, 0), Size(720, 540), True, id="beyond these"),
        ],
    )
    def test_eps_is_of_the_full_frame(self, apart, scene_px, fires):
        pair = FramePair(self.IMAGE, self.IMAGE, scene_px)
        flow = fixed(constant(*apart, (270, 360)), constant(0, 0, (270, 360)))
        followed = whole_frame(pair, np.array([[300.0, 200.0]]), flow)
        assert followed.occluded.tolist() == [fires]

    @pytest.mark.parametrize(("share", "fires"), [(0.55, False), (0.65, True)])
    def test_fires_where_more_than_sixty_per_cent_fail(self, share, fires):
        forward = constant(0, 0, (270, 360))
        forward[:, : round(360 * share), 1] = 30
        pair = FramePair(self.IMAGE, self.IMAGE, SCENE)
        points = np.array([[1400.0, 500.0], [1300.0, 500.0]])  # where flow agrees: they go with the rest all the same
        followed = whole_frame(pair, points, fixed(forward, constant(0, 0, (270, 360))))
        assert followed.failing == pytest.approx([share, share], abs=0.01)
        assert followed.occluded.tolist() == [fires, fires]


class TestLocal:
    @pytest.mark.parametrize("count", [pytest.param(1, id="region"), pytest.param(6, id="dense")])
    @pytest.mark.parametrize("by", [(0, 0), (6, -3), (-20, 10), (40, 30)])
    def test_points_move_with_the_picture(self, count, by):
        pair = FramePair(*shifted(4, by), SCENE)
        points = np.linspace([600, 420], [800, 620], count)
        followed = local(pair, points, make_flow())
        assert followed.kept.all()
        assert np.abs(followed.point_px - points - np.multiply(by, 4)).max() < 0.3 * 4  # 0.3 px of the working size

    @pytest.mark.parametrize("count", [pytest.param(1, id="region"), pytest.param(6, id="dense")])
    def test_a_pasted_thing_occludes_what_is_behind_it_only(self, count):
        before, after = shifted(5, (3, 2))
        after[100:180, 140:220] = texture(99)[:80, :80]
        pair = FramePair(before, after, SCENE)
        behind = np.linspace([700, 540], [740, 580], count)  # arrive in the middle of what is pasted
        beside = np.linspace([200, 300], [240, 340], count)
        assert local(pair, behind, make_flow()).occluded.all()
        assert local(pair, beside, make_flow()).kept.all()
        assert not whole_frame(pair, behind, make_flow()).occluded.any(), "the paper's rule misses a small thing"

    def test_points_that_leave_the_frame_are_told(self):
        image = np.zeros((270, 360), np.uint8)
        points = np.linspace([1200.0, 500.0], [1430.0, 500.0], 6)
        flow = fixed(constant(20, 0, (270, 360)), constant(-20, 0, (270, 360)))
        followed = local(FramePair(image, image, SCENE), points, flow)
        assert followed.beyond.tolist() == (points[:, 0] >= 1440 - 80).tolist()
        assert (followed.kept == ~followed.beyond).sum() >= 5, "beside the border few pixels fail"
        assert followed.point_px == pytest.approx(points + [80, 0])

    def test_few_points_are_looked_at_in_regions_and_many_densely(self):
        pair = FramePair(*shifted(7, (5, 5)), SCENE)
        few, many = [], []
        local(pair, np.full((4, 2), 500.0), counted(few))
        assert few == [(68, 90)] + [(96, 96)] * 8
        local(pair, np.full((5, 2), 500.0), counted(many))
        assert many == [(270, 360)] * 2

    def test_no_points_take_no_flow(self):
        calls = []
        pair = FramePair(*shifted(7, (5, 5)), SCENE)
        assert local(pair, np.empty((0, 2)), counted(calls)).point_px.shape == (0, 2)
        assert not calls

    @pytest.mark.parametrize("point", [(0, 0), (1439.9, 1079.9), (0, 1079), (1439, 3)])
    def test_corners_of_a_still_picture_stay(self, point):
        before, _ = shifted(8, (0, 0))
        followed = local(FramePair(before, before, SCENE), np.array([point], float), make_flow())
        assert followed.point_px[0] == pytest.approx(point, abs=0.1)
        assert not followed.occluded.any()

    def test_a_frame_smaller_than_a_region(self):
        pair = FramePair(*shifted(9, (2, 1), (60, 80)), Size(80, 60))
        followed = local(pair, np.array([[40.0, 30.0]]), make_flow())
        assert followed.point_px[0] == pytest.approx([42, 31], abs=0.3)
        assert followed.kept.all()


def test_unchecked_moves_and_drops_nothing():
    before, after = shifted(5, (3, 2))
    after[100:180, 140:220] = texture(99)[:80, :80]
    pair, points = FramePair(before, after, SCENE), np.array([[720.0, 560.0], [220.0, 320.0]])
    followed = unchecked(pair, points, make_flow())
    assert followed.kept.all()
    assert followed.point_px[1] == pytest.approx([232, 328], abs=1.2)


@pytest.mark.parametrize(
    ("scene_px", "size_px"),
    [
        ((1440, 1440), (360, 360)),
        ((1600, 1200), (400, 300)),
        ((1920, 1080), (384, 216)),
        ((1918, 1078), (384, 216)),
        ((500, 300), (500, 300)),
        ((3000, 1), (375, 1)),
    ],
)
def test_working_size(scene_px, size_px):
    assert working_size(Size(*scene_px)) == size_px


@pytest.mark.parametrize("check", CHECKS)
def test_sides_that_shrink_unevenly_move_points_evenly(check):
    """1085 px become 217 but 1923 px 385, not 384.6: points are mapped with each axis's own scale."""
    image = texture(0)[:217, :385]
    followed = CHECKS[check](FramePair(image, image, Size(1923, 1085)), np.array([[1900.0, 1070.0]]), make_flow())
    assert followed.point_px[0] == pytest.approx([1900, 1070], abs=0.01)


def test_a_pair_of_two_sizes_is_refused():
    with pytest.raises(UsageError, match="two gray frames of one size"):
        FramePair(np.zeros((4, 4), np.uint8), np.zeros((4, 5), np.uint8), SCENE)


def test_toy_kitchen_points_land_where_they_are(kitchen_pairs):
    errors, right = [], []
    for pair, point, there, visible in kitchen_pairs:
        followed = local(pair, point[None], make_flow())
        right.append(followed.kept[0] == visible)
        if visible:
            errors.append(np.linalg.norm(followed.point_px[0] - there) * 360 / 1440)
    assert np.median(errors) < 0.3
    assert np.mean(right) > 0.85


@pytest.fixture(scope="module")
def kitchen_pairs():
    """Pairs of frames of a drawn kitchen, the gaze in the first, where that is in the second, and whether it can be seen."""
    import cv2

    from foveate.toykitchen import World

    pairs = []
    world, rng = World(20_003), np.random.default_rng(0)
    for later_s in rng.uniform(2, 55, 30):
        later_ns = round(later_s * 30) * 10**9 // 30
        past_ns = later_ns - int(rng.integers(1, 6)) * 10**9 // 30
        point = world.true_gaze_px(past_ns)
        surface = world.scene_point(past_ns, tuple(point))
        before, after = (
            cv2.cvtColor(world.frame(time_ns, Size(360, 360)), cv2.COLOR_RGB2GRAY) for time_ns in (past_ns, later_ns)
        )
        there = np.array(world.project(surface, later_ns))
        pairs.append((FramePair(before, after, world.scene_px), point, there, world.visible(surface, later_ns)))
    return pairs


def test_parameters_fit_each_other():
    assert occlusion.REGION_PX // 2 > occlusion.RADIUS_PX, "the neighbourhood must lie within the region"


def test_the_table_in_the_documents_is_the_benchmarks():
    root = Path(__file__).parents[2]
    printed = (root / "benchmarks/results/occlusion.md").read_text(encoding="utf-8")
    assert printed.split("\n", 2)[2] in (root / "docs/gaze.md").read_text(encoding="utf-8")

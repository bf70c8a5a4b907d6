"""Buttons and forms: who pressed what, and whether it counts as one of ours."""

import contextlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_world import CUSTOMER, HOME, ME, RECEIVED, SCENE, click
from test_slack_parse import json_values

from channels.base import Clicked, Nothing, Role, Unreadable
from channels.slack.clicks import read_click
from channels.slack.parse import parse
from channels.slack.people import Person


def clicked(payload, scene=SCENE) -> Clicked:
    inbound = parse(payload, scene)
    assert isinstance(inbound, Clicked), inbound
    return inbound


def test_a_press_says_verb_value_presser_and_where_to_answer():
    got = clicked(click())

    assert (got.verb, got.value) == ("approve", "act_1:hash")
    assert (got.by.external_id, got.by.name, got.by.role) == ("THOME/USTAFF", "Sam Staff", Role.STAFF)
    assert got.home is True
    assert got.at == datetime(2023, 11, 14, 22, 13, 22, 500_000, tzinfo=UTC)
    assert got.answer_to == {
        "response_url": "https://hooks.slack.com/actions/1",
        "channel": "CSTAFF",
        "user": "USTAFF",
        "message_ts": "1700000001.000200",
        "trigger_id": "1.2.abc",
    }


@pytest.mark.parametrize(
    ("user", "home"),
    [
        ({"id": "USTAFF", "team_id": HOME}, True),
        ({"id": "UCUST", "team_id": CUSTOMER}, False),
        ({"id": "UGUEST", "team_id": HOME}, False),
        ({"id": "USTRANGER", "team_id": HOME}, False),
        ({"id": "UGONE", "team_id": HOME}, False),
        ({"id": "UROBOT", "team_id": HOME}, False),
        ({"id": "UNOBODY", "team_id": HOME}, False),  # nobody told us who this is
        ({"id": "UCUST", "team_id": HOME}, False),  # profile and click disagree
    ],
)
def test_only_known_full_members_of_the_home_team_are_at_home(user, home):
    got = clicked(click(user=user))
    assert got.home is home
    assert got.by.role is (Role.STAFF if home else Role.REQUESTER)


def test_a_colleague_whose_press_names_a_sister_workspace_of_our_grid_is_the_colleague_on_the_list():
    here = Person("USTAFF", "TSISTER", enterprise_id="EHOME", name="Sam", teams=frozenset({HOME, "TSISTER"}))
    elsewhere = replace(here, teams=frozenset({"TSISTER"}))
    foreign = replace(here, enterprise_id="EFAR")
    me = replace(ME, enterprise_id="EHOME")
    press = click(user={"id": "USTAFF", "team_id": "TSISTER"}, team={"id": HOME})

    pressed = [
        read_click(press, me, {"USTAFF": one}, "CSTAFF", RECEIVED)
        for one in (here, elsewhere, foreign, replace(here, guest=True))
    ]
    assert [one.home for one in pressed] == [True, False, False, False]
    assert pressed[0].by.external_id == f"{HOME}/USTAFF"
    assert pressed[1].by.external_id == "TSISTER/USTAFF"


def test_a_click_from_another_company_keeps_its_own_team_although_the_app_is_in_ours():
    got = clicked(click(user={"id": "UCUST", "team_id": CUSTOMER}, team={"id": HOME}))
    assert got.by.external_id == "TCUST/UCUST"


def test_a_second_button_with_the_same_verb_means_the_same_verb():
    assert clicked(click({"action_id": "hd:approve#2", "value": "v"})).verb == "approve"


@pytest.mark.parametrize("action_id", ["open_shop", "hd:", "", "HD:approve"])
def test_buttons_of_others_are_nothing(action_id):
    assert isinstance(parse(click({"action_id": action_id, "value": "v"}), SCENE), Nothing)


def test_a_press_without_a_usable_time_was_made_when_it_arrived():
    assert clicked(click({"action_id": "hd:deny", "value": "v", "action_ts": "now"})).at == RECEIVED


def form(**view):
    values = {
        "b1": {"hd:reason": {"type": "plain_text_input", "value": "not yet shipped"}},
        "b2": {"amount": {"type": "plain_text_input", "value": None}},
        "b3": {"hd:kind": {"type": "static_select", "selected_option": {"value": "partial"}}},
        "b4": {"hd:tags": {"type": "checkboxes", "selected_options": [{"value": "a"}, {"value": "b"}]}},
        "b5": {"hd:day": {"type": "datepicker", "selected_date": "2026-01-02"}},
    }
    return {
        "type": "view_submission",
        "team": {"id": HOME},
        "user": {"id": "USTAFF", "team_id": HOME},
        "view": {"callback_id": "hd:deny", "private_metadata": "act_1:hash", "state": {"values": values}, **view},
    }


def test_a_form_says_verb_value_and_what_was_typed():
    got = clicked(form())

    assert (got.verb, got.value, got.home, got.at) == ("deny", "act_1:hash", True, RECEIVED)
    assert got.inputs == {
        "reason": "not yet shipped",
        "amount": None,
        "kind": "partial",
        "tags": ["a", "b"],
        "day": "2026-01-02",
    }
    assert got.answer_to["channel"] == "CSTAFF"


def test_forms_of_others_are_nothing():
    assert isinstance(parse(form(callback_id="survey"), SCENE), Nothing)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["user", "team", "actions", "channel", "state", "container", "message"]), json_values
    )
)
def test_no_shape_of_a_click_is_anything_but_understood_or_quarantined(fields):
    with contextlib.suppress(Unreadable):
        parse(click(**fields), SCENE)


def test_profiles_decide_even_for_the_right_team():
    nobody = replace(SCENE, people={})
    assert clicked(click(), nobody).home is False

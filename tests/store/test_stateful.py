"""Random programs of labelling, undoing, resending, crashing and reopening, against a dict."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from labelwidget.model import ItemState, Progress, ReviewerItem
from labelwidget.store import Store
from labelwidget.store.sql.opening import open_store
from tests.store.audit import audit
from tests.store.builders import a_session, an_event, label, new_item

REVIEWERS = st.sampled_from(["alice", "Bob"])
VALUES = st.one_of(
    st.text(st.characters(codec=None), max_size=8),
    st.integers(),
    st.booleans(),
    st.lists(st.text(max_size=3), max_size=2),
)


class LabellingMachine(RuleBasedStateMachine):
    """Two stores on one file stand for two kernels; a crash is a copy of the files inside a transaction."""

    sent = Bundle("sent")

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="labelwidget-"))
        self.open()
        self.session = a_session(self.stores[0])
        self.items: list[str] = []
        self.answers: dict[tuple[str, str], object] = {}
        self.status: dict[tuple[str, str], ReviewerItem] = {}
        self.events: dict[str, str] = {}
        self.undone: dict[str, str] = {}
        self.add()

    def open(self) -> None:
        address = f"sqlite:///{self.folder / 'labels.db'}"
        self.stores = [open_store(address), open_store(address)]

    def close(self) -> None:
        for store in self.stores:
            store.close()

    def store(self, which: bool) -> Store:
        return self.stores[which]

    @rule()
    def add(self) -> None:
        added = self.stores[0].add_items(
            self.session, [new_item(f"t{len(self.items)}"), new_item(f"t{len(self.items) + 1}")]
        )
        assert added.already == []
        self.items += [item.item_id for item in added.added]

    @rule(target=sent, which=st.booleans(), pick=st.integers(0), reviewer=REVIEWERS, value=VALUES)
    def answer(self, which: bool, pick: int, reviewer: str, value: object) -> str:
        item_id = self.items[pick % len(self.items)]
        item = self.store(which).item(item_id)
        assert item is not None
        event_id = uuid.uuid4().hex
        label(
            self.store(which),
            item,
            value,
            reviewer=reviewer,
            rationale=event_id,
            event_id=event_id,
        )
        key = (item_id, reviewer)
        self.answers[key] = value
        old = self.status.get(key, ReviewerItem())
        self.status[key] = old.model_copy(update={"state": ItemState.IN_PROGRESS})
        self.events[event_id] = reviewer
        return event_id

    @rule(which=st.booleans(), event_id=sent, value=VALUES)
    def resend(self, which: bool, event_id: str, value: object) -> None:
        item = self.store(which).item(self.items[0])
        assert item is not None
        found = label(self.store(which), item, value, reviewer="eve", event_id=event_id)
        assert found.reviewer == self.events[event_id]

    @rule(
        which=st.booleans(),
        pick=st.integers(0),
        reviewer=REVIEWERS,
        state=st.sampled_from(list(ItemState)),
        flagged=st.booleans(),
        note=st.text(max_size=5),
    )
    def decide(
        self, which: bool, pick: int, reviewer: str, state: ItemState, flagged: bool, note: str
    ) -> None:
        item = self.store(which).item(self.items[pick % len(self.items)])
        assert item is not None
        status = ReviewerItem(state=state, flagged=flagged, note=note)
        self.store(which).transact(lambda tx: tx.put_reviewer_item(item, reviewer, status))
        self.status[item.item_id, reviewer] = status

    @rule()
    def reopen(self) -> None:
        self.close()
        self.open()

    @rule(pick=st.integers(0), depth=st.integers(0, 2))
    def crash(self, pick: int, depth: int) -> None:
        store = self.stores[0]
        item = store.item(self.items[pick % len(self.items)])
        assert item is not None
        survivor = Path(tempfile.mkdtemp(prefix="labelwidget-"))

        def dies(tx: object) -> None:
            tx.connection.exec_driver_sql("PRAGMA cache_size=1")
            tx.append_event(an_event(item, "alice"))
            if depth > 0:
                tx.put_reviewer_item(item, "alice", ReviewerItem(state=ItemState.COMPLETED))
            if depth > 1:
                tx.connection.exec_driver_sql("DELETE FROM assessments")
            shutil.copytree(self.folder, survivor, dirs_exist_ok=True)
            raise KeyboardInterrupt

        try:
            store.transact(dies)
        except KeyboardInterrupt:
            self.close()
        shutil.rmtree(self.folder)
        self.folder = survivor
        self.open()

    @invariant()
    def the_store_says_what_the_model_says(self) -> None:
        if not hasattr(self, "folder"):
            return
        for store in self.stores:
            assert [item.item_id for item in store.items(self.session)] == self.items
            found = {
                (item_id, answer.source.source_id): answer.value
                for item_id in self.items
                for answer in store.item_assessments(item_id)
            }
            assert repr(sorted(found.items())) == repr(sorted(self.answers.items()))
            for reviewer in ("alice", "Bob"):
                mine = {item: s for (item, who), s in self.status.items() if who == reviewer}
                touched = {one.item_id: one.status for one in store.touched(self.session, reviewer)}
                assert touched == mine
                assert store.progress(self.session, reviewer) == self.counted(mine)
                closed = {ItemState.COMPLETED, ItemState.SKIPPED}
                first = [
                    position
                    for position, item in enumerate(self.items)
                    if mine.get(item, ReviewerItem()).state not in closed
                ]
                assert store.first_open(self.session, reviewer) == (first[0] if first else None)

    def counted(self, mine: dict[str, ReviewerItem]) -> Progress:
        states = [str(status.state) for status in mine.values()]
        return Progress(
            total=len(self.items),
            completed=states.count("completed"),
            skipped=states.count("skipped"),
            in_progress=states.count("in_progress"),
            flagged=sum(status.flagged for status in mine.values()),
        )

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.close()
            assert audit(self.folder / "labels.db", self.events) == len(self.events)
            shutil.rmtree(self.folder)


TestLabelling = LabellingMachine.TestCase
TestLabelling.settings = settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

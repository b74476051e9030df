"""Who has a folder: what the refused one is told."""

from __future__ import annotations

import json
import os
import socket
import threading

import pytest

from xtnb.errors import FolderInUse
from xtnb.journal.lock import OWNER_FILE, Lock, owner_of


def wrote(folder, **facts):
    known = {"owner": "xtnb serve", "pid": 1, "host": "desk-pc", "since": "2026-11-22T18:40:11"}
    (folder / OWNER_FILE).write_text(json.dumps({**known, **facts}), encoding="utf-8")


def test_the_owner_is_told_in_both_languages_with_the_time_of_beijing(tmp_path):
    wrote(tmp_path, owner="模拟终端 / a paper terminal", since="2026-11-22T18:40:11+00:00")

    zh, en = owner_of(tmp_path)

    assert zh == "模拟终端（进程 1，主机 desk-pc，自北京时间 2026-11-23 02:40:11 起）"
    assert en == "a paper terminal, process 1 on desk-pc, since 2026-11-23 02:40:11 Beijing time"


def test_an_owner_with_one_name_has_it_in_both_languages(tmp_path):
    wrote(tmp_path)

    assert [words.startswith("xtnb serve") for words in owner_of(tmp_path)] == [True, True]


@pytest.mark.parametrize("facts", [{"since": "yesterday"}, {"since": None}])
def test_an_owner_text_of_another_form_tells_nothing(tmp_path, facts):
    wrote(tmp_path, **facts)

    assert owner_of(tmp_path) == ("", "")


def test_who_is_refused_by_itself_hears_that_it_is_this_process(tmp_path):
    held = Lock(tmp_path, "笔记本 / a notebook")

    with pytest.raises(FolderInUse) as refused:
        Lock(tmp_path, "another")

    here = f"{os.getpid()} on {socket.gethostname()}"
    assert refused.value.owner.startswith(f"a notebook, this process {here}, since 20")
    assert "笔记本（本进程" in refused.value.zh
    assert str(refused.value) == f"{refused.value.zh} / {refused.value.en}"
    held.release()


def test_who_ends_has_a_moment_to_let_go(tmp_path):
    held = Lock(tmp_path, "one that ends")
    ends = threading.Thread(target=held.release)

    ends.start()
    later = Lock(tmp_path, "the next", grace=60)

    ends.join()
    assert "the next" in owner_of(tmp_path)[0]
    later.release()

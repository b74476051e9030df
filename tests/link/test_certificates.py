"""The names of a certificate, and what an address is told to say."""

from __future__ import annotations

import socket

import pytest
import trustme

from xtnb.errors import InputError
from xtnb.link.address import Server
from xtnb.link.certificates import bears, name_for, names_of, words_at


def issued(folder, *names):
    """A certificate for those names and its key, as files."""
    made = trustme.CA().issue_cert(*names)
    made.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    made.private_key_pem.write_to_path(folder / "key.pem")
    return folder / "cert.pem", folder / "key.pem"


def test_the_names_are_those_that_were_written_in_it(tmp_path):
    names = ("n1.desk.example", "*.desk.example", "10.0.0.5", "::1")

    found = names_of(*issued(tmp_path, *names))

    assert found[:3] == names[:3]
    assert bears(found, "::1")


@pytest.mark.parametrize(
    ("host", "good"),
    [
        ("n1.desk.example", True),
        ("N1.Desk.Example", True),
        ("any.other.example", True),
        ("deep.any.other.example", False),
        ("other.example", False),
        ("10.0.0.5", True),
        ("0:0:0:0:0:0:0:1", True),
        ("vm", False),
    ],
)
def test_a_certificate_is_good_for_its_names_and_no_other(host, good):
    assert bears(["n1.desk.example", "*.other.example", "10.0.0.5", "::1"], host) is good


@pytest.mark.parametrize(
    ("names", "written"),
    [
        (["localhost", "127.0.0.1", "n1.desk.example"], "n1.desk.example"),
        (["*.desk.example", "10.0.0.5"], "10.0.0.5"),
        (["localhost", "vm"], "vm"),
        (["127.0.0.1"], "127.0.0.1"),
        (["*.desk.example"], "vm"),
        ([], "vm"),
    ],
)
def test_an_address_has_a_name_of_the_certificate(names, written):
    assert name_for(names, "vm") == written


def test_a_key_of_another_certificate_is_refused_with_both_files(tmp_path):
    certificate, _ = issued(tmp_path, "one")
    (tmp_path / "two").mkdir()
    _, key = issued(tmp_path / "two", "two")

    with pytest.raises(InputError) as refused:
        names_of(certificate, key)

    assert str(refused.value).startswith("--tls-key")
    assert str(certificate) in str(refused.value)
    assert str(key) in str(refused.value)


def test_a_file_that_is_no_certificate_is_refused(tmp_path):
    certificate, key = issued(tmp_path, "one")
    certificate.write_text("nothing", encoding="utf-8")

    with pytest.raises(InputError, match="--tls-cert"):
        names_of(certificate, key)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (socket.gaierror(-2, "Name or service not known"), "no machine of the name vm is found"),
        (TimeoutError("timed out"), "check the address, the network and the firewall there"),
        (OSError("as the system says it"), "as the system says it"),
    ],
)
def test_a_server_that_is_not_reached_is_told_with_what_to_look_at(fault, words):
    _, en = words_at(fault, Server("vm"))

    assert words in en

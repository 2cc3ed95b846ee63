"""Which certificates of OPC UA servers are trusted, and what is said of the others."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from devices.errors import PortError
from devices.gateway.credential import Credential, read_fingerprint
from tests.integration.certificates import DAY, Made, make

pytest.importorskip("asyncua", reason="asyncua is not installed")

URL = "opc.tcp://oven.example.org:4840/path"
OVEN = "urn:example.org:oven"
HOSTS = ("oven.example.org",)


def application(uri: str = OVEN) -> Any:
    from asyncua import ua

    return ua.ApplicationDescription(ApplicationUri=uri, ApplicationType=ua.ApplicationType.Server)


async def check(shown: Made, credential: Credential, *behind: Made, url: str = URL, uri: str = OVEN) -> None:
    from devices.gateway.opcua_trust import check_server

    chain = [one.certificate for one in behind]
    await check_server(shown.certificate, application(uri), url=url, credential=credential, chain=chain)


async def refusal(shown: Made, credential: Credential, *behind: Made, url: str = URL, uri: str = OVEN) -> str:
    with pytest.raises(PortError) as refused:
        await check(shown, credential, *behind, url=url, uri=uri)
    assert refused.value.next_step
    return str(refused.value)


def authority(folder: Path, name: str = "plant", **how: Any) -> Made:
    return make(folder, name, is_authority=True, **how)


async def test_nobody_is_trusted_until_somebody_says_so(tmp_path: Path) -> None:
    oven = make(tmp_path, "oven", application=OVEN)
    said = await refusal(oven, Credential())
    assert "'CN=oven'" in said and "nobody has said yet" in said
    assert f'sinebar instruments credentials opc.tcp://oven.example.org:4840 --trust "{oven.fingerprint}"' in said
    await check(oven, Credential(trusted=oven.fingerprint))


async def test_another_certificate_is_said_also_where_an_authority_signed_it(tmp_path: Path) -> None:
    plant = authority(tmp_path)
    before = make(tmp_path, "before", application=OVEN, hosts=HOSTS, signed_by=plant)
    after = make(tmp_path, "after", application=OVEN, hosts=HOSTS, signed_by=plant)
    both = Credential(trusted=before.fingerprint, authority=str(plant.file))
    await check(before, both)
    said = await refusal(after, both)
    assert "another certificate than the trusted one" in said and "'CN=after'" in said
    assert before.fingerprint in said and f'--trust "{after.fingerprint}"' in said


@pytest.mark.parametrize("by_authority", [False, True])
async def test_time_and_application_are_checked_whoever_is_trusted(tmp_path: Path, by_authority: bool) -> None:
    plant = authority(tmp_path)

    async def said(name: str, **how: Any) -> str:
        uri = how.pop("uri", OVEN)
        shown = make(tmp_path, name, hosts=HOSTS, signed_by=plant, **how)
        trusts = Credential(authority=str(plant.file)) if by_authority else Credential(trusted=shown.fingerprint)
        return await refusal(shown, trusts, uri=uri)

    assert "expired on " in await said("old", application=OVEN, lasts=-timedelta(hours=1))
    assert "not made as OPC UA asks for" in await said("other", application=OVEN, uri="urn:example.org:press")
    assert "not made as OPC UA asks for" in await said("nameless")


async def test_an_authority_vouches_for_servers_by_their_hosts(tmp_path: Path) -> None:
    from cryptography.x509 import ExtendedKeyUsageOID

    plant, stranger = authority(tmp_path), authority(tmp_path, "stranger")
    trusts = Credential(authority=str(plant.file))
    for hosts, url in (
        (HOSTS, "opc.tcp://Oven.Example.ORG:4840"),
        (("192.0.2.9",), "opc.tcp://192.0.2.9:4840"),
        (("2001:db8::9",), "opc.tcp://[2001:DB8:0::9]:4840"),
    ):
        await check(make(tmp_path, "oven", application=OVEN, hosts=hosts, signed_by=plant), trusts, url=url)
    oven = make(tmp_path, "oven", application=OVEN, hosts=(*HOSTS, "192.0.2.9"), signed_by=plant)
    said = await refusal(oven, trusts, url="opc.tcp://192.0.2.8:4840")
    assert "made for 192.0.2.9, oven.example.org, not for 192.0.2.8" in said
    said = await refusal(oven, Credential(authority=str(stranger.file)))
    assert "signed by 'CN=plant'" in said and str(stranger.file) in said and f'--trust "{oven.fingerprint}"' in said
    oneself = make(tmp_path, "oneself", application=OVEN, hosts=HOSTS)
    assert "vouches for" in await refusal(oneself, trusts)
    station = make(
        tmp_path, "station", application=OVEN, hosts=HOSTS, signed_by=plant, may=ExtendedKeyUsageOID.CLIENT_AUTH
    )
    assert "not made as OPC UA asks for" in await refusal(station, trusts)


async def test_no_one_but_an_authority_signs_for_others(tmp_path: Path) -> None:
    plant = authority(tmp_path)
    press = make(tmp_path, "press", application="urn:example.org:press", hosts=HOSTS, signed_by=plant)
    forged = make(tmp_path, "forged", application=OVEN, hosts=HOSTS, signed_by=press)
    assert "vouches for" in await refusal(forged, Credential(authority=str(plant.file)), press)
    assert "vouches for" in await refusal(forged, Credential(authority=str(press.file)))


async def test_a_chain_leads_to_the_authority(tmp_path: Path) -> None:
    root = authority(tmp_path, "root")
    plant = authority(tmp_path, "plant", signed_by=root)
    oven = make(tmp_path, "oven", application=OVEN, hosts=HOSTS, signed_by=plant)
    trusts = Credential(authority=str(root.file))
    assert "vouches for" in await refusal(oven, trusts)
    await check(oven, trusts, plant)
    ended = authority(tmp_path, "ended", signed_by=root, lasts=-DAY)
    assert "vouches for" in await refusal(
        make(tmp_path, "late", application=OVEN, hosts=HOSTS, signed_by=ended), trusts, ended
    )


async def test_the_file_may_be_the_servers_own_certificate_in_either_form(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding

    oven = make(tmp_path, "oven", application=OVEN)
    await check(oven, Credential(authority=str(oven.file)))
    der = tmp_path / "oven.der"
    der.write_bytes(oven.certificate.public_bytes(Encoding.DER))
    await check(oven, Credential(authority=str(der)))
    for content in (b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        der.write_bytes(content)
        assert "holds no certificate" in await refusal(oven, Credential(authority=str(der)))


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
async def test_whatever_a_server_shows_is_trusted_or_refused(tmp_path: Path) -> None:
    """A broken certificate is refused with a sentence, also when it is the one that was entered."""
    from cryptography.hazmat.primitives.serialization import Encoding

    from devices.gateway.opcua_trust import _certificates, check_server, described

    plant = authority(tmp_path)
    whole = make(tmp_path, "oven", application=OVEN, hosts=HOSTS, signed_by=plant).certificate.public_bytes(
        Encoding.DER
    )
    assert [described(one).subject for one in _certificates(whole + whole, URL)] == ["CN=oven"] * 2
    chance = random.Random(5)
    refused = 0
    for _ in range(2000):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 3)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            certificate, *chain = _certificates(bytes(data), URL)
            for trusts in (Credential(authority=str(plant.file)), Credential(trusted="AB")):
                await check_server(certificate, application(), url=URL, credential=trusts, chain=chain)
        except PortError:
            refused += 1
    assert refused == 2000
    for data in (b"", b"\x30", b"\x30\x82\xff\xff", whole[:-1], whole + b"\x30", bytes(50)):
        with pytest.raises(PortError, match="no certificate that can be read"):
            _certificates(data, URL)


async def test_a_name_that_would_act_on_a_terminal_is_shown_harmless(tmp_path: Path) -> None:
    said = await refusal(make(tmp_path, "a\x1b[2Jb" + "c" * 55, application=OVEN), Credential())
    assert "a?[2Jbccc" in said and "\x1b" not in said


def test_fingerprints_as_people_type_them() -> None:
    shown = " ".join(["AB", "12"] * 16)
    for typed in (shown, shown.lower(), shown.replace(" ", ""), shown.replace(" ", ":"), f" {shown}\n"):
        assert read_fingerprint(typed) == shown
    for wrong in ("", "AB", shown[:-1], shown + " 00", shown.replace("A", "G"), "x" * 5000):
        with pytest.raises(PortError, match="no SHA-256"):
            read_fingerprint(wrong)
    with pytest.raises(PortError, match="SHA-1 thumbprint"):
        read_fingerprint("AB" * 20)

"""A signed package archive of a few tiny packages, made in a folder: what the installer of Asterisk is tried on."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

# Stands for the dynamic loader: drops "--library-path FOLDER" and runs the program.
LOADER = '#!/bin/sh\nshift 2\nexec "$@"\n'


class Archive:
    """`deb [signed-by=KEYRING] FOLDER stable main`"""

    def __init__(self, folder: Path, version: str = "22.9.9") -> None:
        self.folder = folder
        self.keyring = folder / "archive.gpg"
        self._gnupg = folder / "gnupg"
        self._gnupg.mkdir(parents=True, mode=0o700)
        self._index = folder / "dists/stable/main" / f"binary-{_architecture()}"
        self._index.mkdir(parents=True)
        (folder / "pool").mkdir()
        self._gpg("--quick-generate-key", "archive@example.invalid", "ed25519", "sign", "never")
        self.keyring.write_bytes(self._gpg("--export"))
        program = f'#!/bin/sh\necho "Asterisk {version}"\n'
        self.add("libc6", {f"usr/lib/{_triplet()}/ld-linux-test.so.2": LOADER})
        self.add("asterisk", {"usr/sbin/asterisk": program, "usr/share/asterisk/x": ""}, depends="libc6, perl-base")
        self.add("perl-base", {"usr/bin/perl": "never wanted"})
        self.add("asterisk-core-sounds-en-gsm", {"usr/share/asterisk/sounds/en_US_x/digits/1.gsm": "1"})
        self.add("asterisk-core-sounds-fr-gsm", {"usr/share/asterisk/sounds/fr_CA_x/digits/1.gsm": "1"})
        self.add("asterisk-moh-opsound-gsm", {"usr/share/asterisk/moh/x.gsm": "1"})
        self.publish()

    @property
    def options(self) -> list[str]:
        """How the installer is told to use it."""
        return ["--mirror", f"file://{self.folder}", "--suite", "stable", "--keyring", str(self.keyring)]

    def add(self, name: str, files: dict[str, str], depends: str = "") -> None:
        tree = self.folder / "trees" / name
        for path, text in files.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(text, encoding="utf-8")
            (tree / path).chmod(0o755)
        (tree / "DEBIAN").mkdir()
        fields = [f"Package: {name}", "Version: 1", f"Architecture: {_architecture()}", "Maintainer: x <x@x.invalid>"]
        fields += [f"Depends: {depends}"] if depends else []
        (tree / "DEBIAN/control").write_text("\n".join([*fields, "Description: x", ""]), encoding="utf-8")
        package = self.folder / f"pool/{name}_1_{_architecture()}.deb"
        command = ["dpkg-deb", "--root-owner-group", "--build", str(tree), str(package)]
        subprocess.run(command, check=True, capture_output=True)

    def publish(self) -> None:
        """Write the index and sign it."""
        entries = []
        for package in sorted((self.folder / "pool").glob("*.deb")):
            command = ["dpkg-deb", "--field", str(package)]
            control = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            data = package.read_bytes()
            where = f"Filename: pool/{package.name}\nSize: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}\n"
            entries.append(control + where)
        index = "\n".join(entries).encode()
        (self._index / "Packages").write_bytes(index)
        name = f"main/binary-{_architecture()}/Packages"
        release = (
            f"Origin: Test\nSuite: stable\nCodename: stable\nArchitectures: {_architecture()}\nComponents: main\n"
            "Date: Thu, 01 Jan 2026 00:00:00 UTC\n"
            f"SHA256:\n {hashlib.sha256(index).hexdigest()} {len(index)} {name}\n"
        )
        text = self.folder / "Release"
        text.write_text(release, encoding="utf-8")
        signed = self._gpg("--clearsign", "--output", "-", str(text))
        (self.folder / "dists/stable/InRelease").write_bytes(signed)

    def tamper(self) -> None:
        """Change the index after it was signed."""
        path = self.folder / "dists/stable/InRelease"
        path.write_text(path.read_text(encoding="utf-8").replace("Origin: Test", "Origin: Thief"), encoding="utf-8")

    def _gpg(self, *arguments: str) -> bytes:
        with TemporaryDirectory() as short:
            # gpg's agent listens beside the keys: a test's own folder may be too long a path for a socket.
            home = Path(short) / "g"
            home.symlink_to(self._gnupg)
            command = ["gpg", "--homedir", str(home), "--batch", "--yes", "--quiet", "--passphrase", ""]
            command += ["--pinentry-mode", "loopback", *arguments]
            try:
                return subprocess.run(command, check=True, capture_output=True).stdout
            finally:
                # The agent that gpg starts would outlive the test.
                stop = ["gpgconf", "--homedir", str(home), "--kill", "all"]
                subprocess.run(stop, check=False, capture_output=True)


def _architecture() -> str:
    command = ["dpkg", "--print-architecture"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _triplet() -> str:
    return "x86_64-linux-gnu" if _architecture() == "amd64" else "aarch64-linux-gnu"

"""What one IMAP client sees: who it is, its selected folder, and the numbering of that folder it was told of."""

import asyncio
from dataclasses import dataclass, field

from bot.sandbox.mail.imap_fetch import flags_answer
from bot.sandbox.mail.imap_wire import BadCommand, Refused, String, Token, number_set, pending_literal, tokens
from bot.sandbox.mail.post_office import Account, Folder, PostOffice, Stored

MAX_LITERAL = 30 * 1024 * 1024


@dataclass(slots=True)
class ImapSession:
    """One connection. `view` holds the UIDs by sequence number as the client knows them."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    office: PostOffice
    account: Account | None = None
    folder: Folder | None = None
    readonly: bool = False
    view: list[int] = field(default_factory=list)

    # ---------------------------------------------------------------- wire

    async def hear(self) -> list[Token]:
        """The tokens of the next command, literals included. Raises BadCommand."""
        parts: list[bytes | String] = []
        while True:
            line = await self.reader.readuntil(b"\n")
            parts.append(line)
            literal = pending_literal(line)
            if literal is None:
                return tokens(parts)
            size, waits = literal
            if size > MAX_LITERAL:
                raise BadCommand("[TOOBIG] literal too big")
            if waits:
                self.say(b"+ go on")
            parts.append(String(await self.reader.readexactly(size)))

    def say(self, line: bytes) -> None:
        """Queue one line of an answer; it is flushed after each command."""
        self.writer.write(line + b"\r\n")

    # ---------------------------------------------------------------- state

    def signed_in(self) -> Account:
        """The account. Raises BadCommand before a login."""
        if self.account is None:
            raise BadCommand("log in first")
        return self.account

    def selected(self, *, writing: bool = False) -> Folder:
        """The selected folder. Raises BadCommand when there is none, Refused when it must not be changed."""
        self.signed_in()
        if self.folder is None:
            raise BadCommand("select a folder first")
        if writing and self.readonly:
            raise Refused("[READ-ONLY] folder was opened with EXAMINE")
        return self.folder

    def named(self, name: str, *, problem: str = "[NONEXISTENT]") -> Folder:
        """A folder of the account. Raises Refused."""
        folders = self.signed_in().folders
        key = "INBOX" if name.upper() == "INBOX" else name
        if key not in folders:
            raise Refused(f"{problem} no such folder")
        return folders[key]

    def chosen(self, token: Token, *, by_uid: bool) -> list[tuple[int, Stored]]:
        """(sequence number, mail) for a sequence set; UIDs that do not exist are left out, as the RFC wants."""
        folder = self.selected()
        largest = (self.view[-1] if self.view else 0) if by_uid else len(self.view)
        wanted = number_set(token, largest)
        numbered = [(number, uid) for number, uid in enumerate(self.view, 1) if (uid if by_uid else number) in wanted]
        return [(number, folder.mails[uid]) for number, uid in numbered if uid in folder.mails]

    def catch_up(self) -> None:
        """Tell the client what others did to the folder. Only where sequence numbers may change."""
        if self.folder is None:
            return
        for number in range(len(self.view), 0, -1):
            if self.view[number - 1] not in self.folder.mails:
                del self.view[number - 1]
                self.say(b"* %d EXPUNGE" % number)
        last = self.view[-1] if self.view else 0
        if new := [uid for uid in self.folder.mails if uid > last]:
            self.view += new
            self.say(b"* %d EXISTS" % len(self.view))

    def show_flags(self, number: int, mail: Stored, *, with_uid: bool) -> None:
        """An untagged FETCH with the flags after a change."""
        uid = b"UID %d " % mail.uid if with_uid else b""
        self.say(b"* %d FETCH (%s%s)" % (number, uid, flags_answer(mail)))

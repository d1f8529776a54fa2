"""Mail servers for tests: a real one (aiosmtpd), and one that does as a script says.

    with Mailbox(context, user, password) as box:    TLS by STARTTLS, then AUTH
        ... box.mails[0].message["Subject"]

    with Script({"RCPT": ["550 5.1.1 no such user"]}) as server:
        ... server.delivered
"""

import socket
import threading
from collections import namedtuple
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from ports import reserve

Mail = namedtuple("Mail", "sender recipients message content")


class Mailbox:
    """Keeps what came; takes nothing from who does not say the password over TLS, if it was
    given a certificate. It may be stopped, and started again at its address."""

    def __init__(self, context=None, user="", password=""):
        self.mails, self.logins = [], []
        self._right = LoginPassword(user.encode(), password.encode())
        self._held = reserve()  # aiosmtpd does not tell which port it was given
        self._options = {"hostname": "127.0.0.1", "port": self._held.getsockname()[1]}
        if context:
            self._options.update(tls_context=context, require_starttls=True,
                                 auth_required=True, authenticator=self._authenticate)
        self._controller = None
        self.url = f"smtp://127.0.0.1:{self._options['port']}"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_what):
        self.stop()
        self._held.close()

    def start(self):
        self._controller = Controller(self, **self._options)
        self._controller.start()

    def stop(self):
        controller, self._controller = self._controller, None
        if controller:
            controller.stop()

    def _authenticate(self, _server, _session, _envelope, _mechanism, said):
        good = said == self._right
        self.logins.append(good)
        return AuthResult(success=good, handled=good)

    async def handle_DATA(self, _server, _session, envelope):
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append(
            Mail(envelope.mail_from, envelope.rcpt_tos, message, envelope.content))
        return f"250 2.0.0 taken as {len(self.mails)}"


USUAL = {"": "220 script", "EHLO": "250 script", "MAIL": "250 ok", "RCPT": "250 ok",
         "DATA": "354 go on", ".": "250 ok", "QUIT": "221 bye"}
CUT = object()


class Script:
    """Without TLS. `plan`: for a command ("" is the greeting, "." the end of a mail) what it
    says the first time, the second ...: a text, CUT, or a function that is given the socket
    and gives one of these. Then, and for the others, what a good server says."""

    def __init__(self, plan=None):
        self.plan = {command: list(says) for command, says in (plan or {}).items()}
        self.delivered = []  # the mails that it said yes to
        self.mails = []  # those that came to their end
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"smtp://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_what):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _say(self, peer, command):
        planned = self.plan.get(command)
        says = planned.pop(0) if planned else USUAL.get(command, "250 ok")
        says = says(peer) if callable(says) else says
        if says is CUT:
            return None
        peer.sendall(says.encode() + b"\r\n")
        return says

    def _serve(self, peer):
        with peer, peer.makefile("rb") as lines:
            said = self._say(peer, "")
            while said and (line := lines.readline()):
                command = line[:4].decode("latin-1").upper().strip()
                said = self._say(peer, command)
                if said and said.startswith("354"):
                    said = self._take(peer, lines)

    def _take(self, peer, lines):
        body = b""
        while (line := lines.readline()) not in (b".\r\n", b""):
            body += line
        if not line:
            return None
        self.mails.append(body)
        said = self._say(peer, ".")
        if said and said.startswith("250"):
            self.delivered.append(body)
        return said

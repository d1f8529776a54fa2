"""Certificates made by openssl(1), and servers that use them, well and badly.

    papers = Papers(folder)
    papers.authority("ours")                    a file: PEM of a new authority
    papers.certificate("expired", "ours", days=-1)
    Peers(BEHAVIOURS, wrap=papers.server("expired"))
"""

import ssl
import subprocess
import warnings

NAMES = "DNS:localhost,IP:127.0.0.1"


class Papers:
    def __init__(self, folder):
        self.folder = folder

    def path(self, name):
        return self.folder / name

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True,
                       cwd=self.folder)

    def _key(self, name, bits):
        self._openssl("genpkey", "-quiet", "-algorithm", "RSA",
                      "-pkeyopt", f"rsa_keygen_bits:{bits}", "-out", f"{name}.key")

    def authority(self, name):
        """A certificate that may sign others."""
        self._key(name, 2048)
        self._openssl("req", "-x509", "-key", f"{name}.key", "-out", f"{name}.pem",
                      "-days", "30", "-subj", f"/CN=authority {name}",
                      "-addext", "basicConstraints=critical,CA:TRUE")
        return self.path(f"{name}.pem")

    def certificate(self, name, signer=None, names=NAMES, days=30, bits=2048, digest="sha256"):
        """One for a server, by a signer or, without one, by itself."""
        self._key(name, bits)
        self.path(f"{name}.ext").write_text(
            f"basicConstraints=CA:FALSE\nsubjectAltName={names}\n")
        self._openssl("req", "-new", "-key", f"{name}.key", "-out", f"{name}.csr",
                      "-subj", f"/CN={name}")
        signing = ("-CA", f"{signer}.pem", "-CAkey", f"{signer}.key", "-CAcreateserial")
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.pem",
                      "-days", str(days), f"-{digest}", "-extfile", f"{name}.ext",
                      *(signing if signer else ("-key", f"{name}.key")))
        return self.path(f"{name}.pem")

    def context(self, name):
        """That of a server which takes every client."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
        context.load_cert_chain(self.path(f"{name}.pem"), self.path(f"{name}.key"))
        return context

    def server(self, name, newest=None, ciphers=None):
        """What Peers(wrap=...) does to a connection."""
        context = self.context(name)
        if newest:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.maximum_version = newest
        if ciphers:
            context.set_ciphers(ciphers)
        return lambda sock: context.wrap_socket(sock, server_side=True)

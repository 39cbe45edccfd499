"""Serving the site with Granian until Ctrl-C, SIGTERM or a closed terminal.

The web process is a child of this one. It is spawned, not forked, so that it shares no lock and no database
connection with us, and it ends when we do, even by kill -9.
"""

import errno
import multiprocessing
import multiprocessing.connection
import os
import signal
import socket
import threading
from collections.abc import Callable
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server

THREADS = 3  # requests at the same time; Granian warns above twice the processors and one
LAST_REQUESTS = 5  # seconds that requests under way have to finish


class PortRefused(OSError):
    """The site cannot listen there. The message says why and what to do."""


def make_sure_port_is_free(host: str, port: int) -> None:
    """Granian would share a port that is in use (SO_REUSEPORT), and each site get half of the requests."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortRefused(f"Port {port} is in use. Choose another: make run PORT={port + 1}") from None
        raise PortRefused(f"Cannot listen on {host}, port {port}: {error.strerror}.") from None


def serve(host: str, port: int) -> None:
    """Serve until told to stop. SystemExit(1) where the web process failed."""
    multiprocessing.set_start_method("spawn", force=True)
    server = Server(
        "clinic_site.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        blocking_threads=THREADS,
        workers_kill_timeout=LAST_REQUESTS,
        log_level=LogLevels.warning,  # no access log: what a visitor reads is theirs
    )
    # Granian would start afresh on SIGHUP; a closed terminal means stop.
    server.on_startup(lambda: signal.signal(signal.SIGHUP, server.signal_handler_interrupt) and None)
    server.serve(target_loader=load_application, wrap_loader=False)


def load_application() -> Callable[..., Any]:
    """Called in the web process, before its first request."""
    if parent := multiprocessing.parent_process():
        os.setpgrp()  # Ctrl-C goes to the parent alone, which lets the last requests finish
        threading.Thread(target=end_with, args=(parent,), daemon=True).start()
    from clinic_site.wsgi import application

    return application


def end_with(parent: Any) -> None:
    multiprocessing.connection.wait([parent.sentinel])
    os._exit(1)

"""A local web server whose answers a test chooses."""

import contextlib
import http.server
import threading

import numpy as np
import pytest


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers each request with the next of the server's answers, the last for ever."""

    def do_GET(self):
        answers = self.server.answers
        self.server.requests.append(dict(self.headers))
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        answer(self)

    def log_message(self, *args):
        pass

    def send(self, code, body, **headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def serving(*answers):
    """Gives the address of a server, and the list of headers that it will get."""
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.answers, server.requests = list(answers), []
        thread = threading.Thread(target=server.serve_forever, args=(0.005,))
        thread.start()
        try:
            address = f"http://127.0.0.1:{server.server_port}/weights.npz"
            yield address, server.requests
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def serve():
    """Gives a function that starts a server: answers -> (url, requests it gets)."""
    with contextlib.ExitStack() as stack:
        yield lambda *answers: stack.enter_context(serving(*answers))


@pytest.fixture
def dead_url():
    """The address of a server that is gone."""
    with serving() as (url, _):
        pass
    return url


@pytest.fixture
def written(tmp_path):
    def write(content):
        path = tmp_path / "mine.npz"
        np.savez(path, **content)
        return path

    return write

"""What strangers do. `ATTACKS` lists it; each attack runs in a process of its own, with some clients that repeat it."""
import collections, dataclasses, itertools, json, os, random, select, socket, threading
from typing import Callable

from stage import CATEGORIES, CONNECTIONS, MEBIBYTE, NUMERIC, TEXTS, features


@dataclasses.dataclass
class Attack:
    name: str
    clients: int
    pause: float  # seconds of each client between two attempts
    # Of the routing table; makes attempt(ports, answers, stopping), which counts what it is answered.
    make: Callable


def post(path, body, headers=""):
    return f"POST {path} HTTP/1.1\r\nHost: soak\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


def read_answer(connection, received=b""):
    """The status, and what was read beyond the answer; an OSError where the connection ends before."""
    while b"\r\n\r\n" not in received:
        more = connection.recv(65536)
        if not more:
            raise ConnectionAbortedError
        received += more
    head, _, rest = received.partition(b"\r\n\r\n")
    length = next((int(l[15:]) for l in head.lower().split(b"\r\n") if l.startswith(b"content-length:")), 0)
    code = head[9:12].decode(errors="replace")
    if len(rest) >= length:
        return code, rest[length:]
    left = length - len(rest)
    while left > 0:
        more = connection.recv(65536)
        if not more:
            raise ConnectionAbortedError
        left -= len(more)
    return code, b""


def outcome(error):
    """An OSError in a word."""
    if isinstance(error, TimeoutError):
        return "no answer"
    return "closed" if isinstance(error, ConnectionError) else type(error).__name__


def asking(listener, *requests, patience=90):
    """Sends one of these in turn, by a connection of its own, and reads the answer."""
    turns = itertools.count()

    def attempt(ports, answers, stopping):
        request = requests[next(turns) % len(requests)]
        with socket.create_connection(("127.0.0.1", ports[listener]), 10) as connection:
            connection.settimeout(patience)
            try:
                connection.sendall(request() if callable(request) else request)
            except ConnectionError:
                pass  # it is refused before its end, and the answer is there
            answers[read_answer(connection)[0]] += 1
    return attempt


def repeated_outputs(_):
    rng = random.Random(3)
    inputs = [{"name": n, "shape": [1], "datatype": "FP64", "data": [rng.randint(1, 99)]} for n in NUMERIC]
    inputs += [{"name": n, "shape": [1], "datatype": "BYTES", "data": [rng.choice(CATEGORIES)]} for n in TEXTS]
    bodies = [json.dumps({"inputs": inputs, "outputs": [{"name": name}] * count}, separators=(",", ":")).encode()
              for name, count in [("probabilities", 4000), ("contributions", 4000), ("predicted_class", 5600)]]
    return asking("public", *[post("/v2/models/income/infer", body) for body in bodies])


def bad_rows(_):
    rows = [b'{"features":{}},' * 9990, b"[]," * 9990, b'{"features":{"age":"x"}},' * 6500]
    return asking("public", *[post("/predict/batch", b"[" + row[:-1] + b"]") for row in rows])


def unknown_names(_):
    one = '{"features":{%s}}' % ",".join(f'"{i:060d}":1' for i in range(100_000))
    many = "[%s]" % ",".join('{"features":{"%0600d":1}}' % i for i in range(9_990))
    return asking("public", post("/predict", one.encode()), post("/predict/batch", many.encode()))


def long_categories(_):
    values = json.loads(features(random.Random(4)))
    requests = []
    for text in ["x", "\u00e9", "\\\\"]:
        body = json.dumps({"features": dict(values, work="")}).encode()
        room = 8 * MEBIBYTE - len(body)
        requests.append(post("/predict", body.replace(b'"work": "', b'"work": "' + text.encode() * (room // len(text.encode())))))
    return asking("public", *requests)


def explained_batches(_):
    rng = random.Random(5)
    rows = ",".join(f'{{"features":{features(rng)}}}' for _ in range(500))
    return asking("public", post("/predict/batch", f'{{"explain":true,"requests":[{rows}]}}'.encode()))


def reloads(table):
    """Tables that nobody has signed, and the log."""
    forged = dict(table, logging={"sample": 0, "redact": [], "retention": "0s"})
    proofs = ["", "Authorization: Bearer x\r\n", "Authorization: Bearer a.b.c\r\n"]
    requests = [
        post("/model/reload", json.dumps(dict(forged, revision=revision)).encode(), proof)
        for revision, proof in itertools.product([2, 101, 9223372036854775807, -1], proofs)]
    return asking("admin", *requests, b"GET /logs HTTP/1.1\r\nHost: soak\r\n\r\n")


def odd_feedback(_):
    """Labels that contradict others, of predictions that are there and of ones that are not, with ids that never come again."""
    turns = itertools.count()

    def request():
        turn = next(turns)
        items = [{"request_id": f"honest-{turn * 100 + i}" if i % 2 else f"stranger-{turn}-{i}",
                  "label": [">50K", "<=50K", f"label-{turn}-{i}"][i % 3]} for i in range(200)]
        return post("/feedback", json.dumps(items).encode(), f"X-Request-Id: {turn:0250d}\r\n")
    return asking("public", request)


POST = b"POST /predict HTTP/1.1\r\nHost: a\r\n"
BAD_FRAMES = [
    b"GET /health HTTP/1.1\r\n\r\n", b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET /health HTTP/9.9\r\nHost: a\r\n\r\n", b"GET /health HTTP/1.1\nHost: a\n\n",
    b"GET /health HTTP/1.1\r\nHost : a\r\n\r\n", b"GET /health HTTP/1.1\r\nHost: a b\r\n\r\n",
    b"GET http://[::1/ HTTP/1.1\r\nHost: a\r\n\r\n", b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
    POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}{}{}",
    POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x", POST + b"Content-Length: -1\r\n\r\n",
    POST + b"Content-Length: 99999999999999999999\r\n\r\n", POST + b"Content-Length: 9223372036854775807\r\n\r\nx",
    POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", POST + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nx",
    POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nx", b"POST /predict HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    POST + b"Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n\x1f\x8b\x08" + bytes(17),
    b"GET " + b"/x" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: a\r\n" + b"A: b\r\n" * 2_000 + b"\r\n",
    b"GET /health HTTP/1.1\r\nHost: a\r\nB: " + b"b" * 200_000 + b"\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: a\r\nB:" + b" " * 300_000 + b"\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(64),
    bytes(4096), b"\r\n" * 4096,
]


def bad_frames(_):
    # What might go on as a request is waited for.
    return asking("public", *BAD_FRAMES, patience=15)


def slow_reader(_):
    """Asks for a large answer, reads nothing until the server has given up, and then what has come."""
    rng = random.Random(6)
    request = post("/predict/batch", ("[%s]" % ",".join(f'{{"features":{features(rng)}}}' for _ in range(2000))).encode())

    def attempt(ports, answers, stopping):
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(30)
            connection.connect(("127.0.0.1", ports["public"]))
            connection.sendall(request)
            stopping.wait(85)
            answers[read_answer(connection)[0]] += 1
    return attempt


def slow_writer(_):
    """Writes a byte a second: of the head, or of the body."""
    turns = itertools.count()
    head = b"POST /predict HTTP/1.1\r\nHost: soak\r\nX-Slow: " + b"s" * 400 + b"\r\n\r\n"
    body = (b"POST /predict HTTP/1.1\r\nHost: soak\r\nContent-Length: 4000\r\n\r\n", b"{" * 4000)

    def attempt(ports, answers, stopping):
        start, rest = body if next(turns) % 2 else (b"", head)
        with socket.create_connection(("127.0.0.1", ports["public"]), 10) as connection:
            connection.settimeout(30)
            connection.sendall(start)
            for place in range(len(rest)):
                if stopping.wait(1) or select.select([connection], [], [], 0)[0]:
                    break
                connection.sendall(rest[place:place + 1])
            if not stopping.is_set():
                answers[read_answer(connection)[0]] += 1
    return attempt


def pipelined(_):
    """A thousand requests in one piece, of which one in fifty predicts: all answers are read. Then the same again, and the end."""
    prediction = post("/predict", f'{{"features":{features(random.Random(7))}}}'.encode())
    flood = (b"GET /health HTTP/1.1\r\nHost: soak\r\n\r\n" * 49 + prediction) * 20

    def send(connection):
        try:
            connection.sendall(flood)
        except OSError:
            pass  # whoever reads tells

    def attempt(ports, answers, stopping):
        with socket.create_connection(("127.0.0.1", ports["public"]), 10) as connection:
            connection.settimeout(30)
            writer = threading.Thread(target=send, args=(connection,), daemon=True)
            writer.start()
            received = b""
            for _ in range(1000):
                code, received = read_answer(connection, received)
                answers[code] += 1
            writer.join()
            connection.sendall(flood)
    return attempt


def idle_sockets(_):
    """As many connections as the server takes, silent or in the middle of a head; those that it gives up are opened again."""
    def attempt(ports, answers, stopping):
        poll, opened = select.epoll(), {}
        while not stopping.wait(0.1):
            for number, _ in poll.poll(0, 1000):
                answers["given up by the server"] += 1
                opened.pop(number).close()
            for turn in range(min(50, CONNECTIONS - len(opened))):
                connection = socket.socket()
                connection.settimeout(1)
                try:
                    connection.connect(("127.0.0.1", ports["public"]))
                    if turn % 2:
                        connection.sendall(b"GET /health HTTP/1.1\r\nHos")
                except OSError as error:
                    answers[outcome(error)] += 1
                    connection.close()
                    break
                opened[connection.fileno()] = connection
                poll.register(connection, select.EPOLLIN | select.EPOLLRDHUP)
                answers["opened"] += 1
    return attempt


ATTACKS = [
    Attack("/v2: one output 4,000 times, and in 140 KB", 2, 0.5, repeated_outputs),
    Attack("160 KB of bad rows", 2, 0.5, bad_rows),
    Attack("6.5 MB of unknown names", 1, 1, unknown_names),
    Attack("8 MB in a category", 3, 1, long_categories),
    Attack("500 rows explained", 4, 0, explained_batches),
    Attack("/model/reload and /logs without a proof", 2, 0.05, reloads),
    Attack("labels and ids that never come again", 2, 1, odd_feedback),
    Attack("bad framing", 4, 0.1, bad_frames),
    Attack("answers to 2,000 rows, not read", 16, 1, slow_reader),
    Attack("a byte a second", 64, 0, slow_writer),
    Attack("a thousand requests in one piece", 2, 1, pipelined),
    Attack(f"{CONNECTIONS:,} idle sockets", 1, 0, idle_sockets),
]


def run(attack, table, ports, stopping, results):
    """Attacks until it is stopped, and puts the name and the counted answers into the results. Ends its process."""
    os.nice(10)
    attempt = attack.make(table)
    counted = [collections.Counter() for _ in range(attack.clients)]

    def repeat(answers):
        while not stopping.is_set():
            try:
                attempt(ports, answers, stopping)
            except OSError as error:
                answers[outcome(error)] += 1
                stopping.wait(0.1)
            stopping.wait(attack.pause)

    for answers in counted:
        threading.Thread(target=repeat, args=(answers,), daemon=True).start()
    stopping.wait()
    # What is still waited for counts no more.
    results.put((attack.name, dict(sum((collections.Counter(dict(answers)) for answers in counted), collections.Counter()))))
    results.close()
    results.join_thread()
    os._exit(0)

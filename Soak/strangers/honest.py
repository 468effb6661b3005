"""Those whom nothing may happen to: clients with single predictions at a constant rate, and probes."""
import array, collections, itertools, random, select, socket, time

from stage import features, get

PATIENCE = 10.0  # seconds for an answer
PROBE_PATIENCE = 1.0


class HonestClients:
    """One loop over a pool of connections, of which the one that was idle longest takes the request that is due.

    A request's time begins when it was due, whether or not a connection was free (no coordinated omission; G. Tene, 2013).
    """

    def __init__(self, port, rate, pool=32):
        self.port, self.rate = port, rate
        rng = random.Random(2)
        self.rows = [features(rng) for _ in range(500)]
        self.idle = collections.deque(self.connect() for _ in range(pool))
        self.busy = {}  # by connection: number, due, sent, received
        self.latencies = array.array("I")  # microseconds
        self.failures, self.unanswered = collections.Counter(), set()

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def run(self, stopping, sent):
        start, number = time.monotonic(), 0
        while not stopping.is_set() or self.busy:
            now = time.monotonic()
            due = start + number / self.rate
            while due <= now and self.idle and not stopping.is_set():
                self.send(number, due)
                number += 1
                sent.value = number
                due = start + number / self.rate
            pause = max(0, min(due - now, 0.05)) if self.idle else 0.05
            # epoll would wait in whole milliseconds.
            for connection in select.select(list(self.busy), [], [], pause)[0]:
                self.receive(connection)
            for connection in [c for c, (_, _, since, _) in self.busy.items() if now - since > PATIENCE]:
                self.fail(connection, f"no answer in {PATIENCE:.0f} s")

    def send(self, number, due):
        body = f'{{"request_id":"honest-{number}","features":{self.rows[number % len(self.rows)]}}}'
        request = f"POST /predict HTTP/1.1\r\nHost: soak\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        connection = self.idle.popleft()
        self.busy[connection] = (number, due, time.monotonic(), b"")
        try:
            connection.sendall(request.encode())
        except OSError as error:
            self.fail(connection, type(error).__name__)

    def receive(self, connection):
        number, due, since, received = self.busy[connection]
        try:
            data = connection.recv(65536)
        except OSError as error:
            return self.fail(connection, type(error).__name__)
        if not data:
            return self.fail(connection, "closed")
        received += data
        self.busy[connection] = (number, due, since, received)
        head, mark, body = received.partition(b"\r\n\r\n")
        if not mark:
            return
        length = next((int(l[15:]) for l in head.lower().split(b"\r\n") if l.startswith(b"content-length:")), 0)
        if len(body) < length:
            return
        if head[9:12] != b"200":
            return self.fail(connection, head[9:12].decode(errors="replace"))
        if b'"honest-%d"' % number not in body or b'"v1"' not in body:
            return self.fail(connection, "another answer")
        self.latencies.append(min(int(1e6 * (time.monotonic() - due)), 0xFFFFFFFF))
        del self.busy[connection]
        self.idle.append(connection)

    def fail(self, connection, reason):
        self.failures[reason] += 1
        self.unanswered.add(self.busy.pop(connection)[0])
        connection.close()
        while True:
            try:
                return self.idle.append(self.connect())
            except OSError:
                time.sleep(0.05)


def run_clients(port, rate, stopping, sent, result):
    """- sent: how many so far, shared. Tells what became of them when it is stopped."""
    clients = HonestClients(port, rate)
    clients.run(stopping, sent)
    times = sorted(clients.latencies)
    seconds = lambda share: times[min(len(times) - 1, int(share * len(times)))] / 1e6 if times else float("inf")
    result.put({
        "sent": sent.value, "answered": len(times), "failures": dict(clients.failures),
        "unanswered": sorted(clients.unanswered), "p50": seconds(0.5), "p99": seconds(0.99), "p999": seconds(0.999),
        "most": seconds(1),
        # By the number of bits of the microseconds.
        "histogram": dict(collections.Counter(t.bit_length() for t in times))})


def run_probes(ports, stopping, result):
    """Each second what a kubelet asks, on both ports, by a connection of its own each time."""
    asked, failed, slowest, due = 0, collections.Counter(), 0.0, time.monotonic()
    while not stopping.is_set():
        for (listener, port), path in itertools.product(ports.items(), ["/health", "/ready"]):
            begun = time.monotonic()
            status = get(port, path, PROBE_PATIENCE)
            seconds = time.monotonic() - begun
            asked += 1
            slowest = max(slowest, seconds)
            if status != 200 or seconds > PROBE_PATIENCE:
                failed[f"{listener} {path}: {status or 'no answer'}"] += 1
        due = max(due + 1, time.monotonic())
        stopping.wait(due - time.monotonic())
    result.put({"asked": asked, "failed": dict(failed), "slowest": slowest})

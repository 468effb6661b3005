"""What the soak is played on: a model in an artifact store, PostgreSQL, and a server that may use 256 MiB."""
import ctypes, glob, hashlib, http.client, json, os, random, signal, socket, subprocess, sys, time

MEBIBYTE = 1 << 20
MEMORY = 256 * MEBIBYTE
CONNECTIONS = 4096  # the server's own default

NUMERIC = ["age", "hours", "gain"] + [f"number_{i}" for i in range(7)]
TEXTS = ["work", "city", "zone", "education"]
CATEGORIES = ["Private", "State", "Self-employed", "None"]
WIDTH = len(NUMERIC) + len(TEXTS) * len(CATEGORIES)
TREES, DEPTH = 100, 8  # explaining a row costs 1.6 million steps


def features(rng):
    """A good row, as JSON."""
    return json.dumps({n: rng.randint(1, 99) for n in NUMERIC} | {n: rng.choice(CATEGORIES) for n in TEXTS})


def tree(rng):
    """A complete one, level by level: the children of node i are 2i + 1 and 2i + 2."""
    inner, nodes = (1 << DEPTH) - 1, (2 << DEPTH) - 1
    columns = [rng.randrange(WIDTH) if i < inner else 0 for i in range(nodes)]
    levels = [(i + 1).bit_length() - 1 for i in range(nodes)]
    conditions = [rng.randint(5, 95) if column < len(NUMERIC) else 0.5 for column in columns[:inner]]
    leaves = [round(rng.uniform(-0.05, 0.05), 4) for _ in range(nodes - inner)]
    return {
        "left_children": [2 * i + 1 if i < inner else -1 for i in range(nodes)],
        "right_children": [2 * i + 2 if i < inner else -1 for i in range(nodes)],
        "split_indices": columns, "split_conditions": conditions + leaves,
        "default_left": [i % 2 if i < inner else 0 for i in range(nodes)],
        "loss_changes": [1 if i < inner else 0 for i in range(nodes)],
        "sum_hessian": [1 << (DEPTH + 2 - level) for level in levels], "split_type": [0] * nodes,
        "tree_param": {"size_leaf_vector": "1"}}


def reference():
    """What the rows of the training were like, so that the server counts profiles."""
    sample = [i / 10 for i in range(10, 991)]
    edges = [sample[len(sample) * i // 10] for i in range(1, 10)]
    mean = sum(sample) / len(sample)
    numbers = {
        "sample": sample, "bins": {"edges": edges},
        "counts": [sum(low < x <= high for x in sample) for low, high in zip([0] + edges, edges + [100])],
        "moments": {"count": len(sample), "mean": mean, "minimum": sample[0], "maximum": sample[-1],
                    "squares": sum((x - mean) ** 2 for x in sample)}}
    levels = [{"name": c, "count": len(sample) // 4} for c in CATEGORIES]
    return {"format": "apus.dev/reference/v1", "rows": len(sample), "features": [
        {"name": n, "type": "numeric", "missing": 0, "numeric": numbers} for n in NUMERIC] + [
        {"name": n, "type": "categorical", "missing": 0, "levels": levels} for n in TEXTS]}


def publish(folder):
    """Puts the version into the artifact store of the folder, and returns the routing table that serves it."""
    rows = {"nullable": False, "onUnknown": "reject"}
    schema = {
        "primaryKey": [], "target": {"name": "income", "positive": ">50K", "classes": ["<=50K", ">50K"]},
        "features": [{"name": n, "type": "numeric", "categories": [], **rows} for n in NUMERIC]
        + [{"name": n, "type": "categorical", "categories": CATEGORIES, **rows} for n in TEXTS]}
    rng = random.Random(1)
    model = {"version": [1, 7, 4], "learner": {
        "attributes": {}, "gradient_booster": {"name": "gbtree", "model": {
            "tree_info": [0] * TREES, "trees": [tree(rng) for _ in range(TREES)]}},
        "learner_model_param": {"base_score": "5E-1", "num_class": "0", "num_feature": str(WIDTH)},
        "objective": {"name": "binary:logistic"}}}
    files = {
        "model.json": model, "schema.json": schema, "reference.json": reference(),
        "pipeline.json": {"format": "apus.dev/pipeline/v1", "schema": schema}}
    data = {name: json.dumps(document).encode() for name, document in files.items()}
    manifest = json.dumps({"contract": "apus.dev/artifact/v1", "files": [
        {"name": n, "size": len(d), "sha256": hashlib.sha256(d).hexdigest()} for n, d in sorted(data.items())]}).encode()
    digest = hashlib.sha256(manifest).hexdigest()
    place = f"{folder}/artifacts/sha256/{digest}"
    os.makedirs(place)
    for name, content in [*data.items(), ("manifest.json", manifest)]:
        with open(f"{place}/{name}", "wb") as file:
            file.write(content)
    table = {"namespace": "default", "model": "income", "revision": 1,
             "entries": [{"version": "v1", "digest": "sha256:" + digest, "weight": 100, "role": "production"}],
             "logging": {"sample": 1, "redact": [], "retention": "30d"}}
    with open(folder + "/routing.json", "w") as file:
        json.dump(table, file)
    return table


def until(seconds, condition, what):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"not within {seconds} s: {what}")
        time.sleep(0.05)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def get(port, path, patience):
    """The status; None: no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def postgres_programs():
    for folder in sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True) + ["/usr/local/bin"]:
        if os.path.exists(folder + "/initdb"):
            return folder
    sys.exit("PostgreSQL's programs are not installed")


class Postgres:
    def __init__(self, folder):
        self.folder, self.programs = folder, postgres_programs()
        os.makedirs(folder)
        os.chmod(folder, 0o777)
        # initdb refuses to run as root.
        user = []
        if os.getuid() == 0:
            user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--pdeathsig=INT"]
        subprocess.run(
            [*user, self.programs + "/initdb", "-D", folder + "/data", "-U", "apus", "--auth=trust", "--encoding=UTF8"],
            check=True, stdout=subprocess.DEVNULL, cwd="/")
        self.process = subprocess.Popen(
            [*user, self.programs + "/postgres", "-D", folder + "/data", "-k", folder, "-c", "listen_addresses=", "-c",
             "max_wal_size=4GB"], stderr=subprocess.DEVNULL, cwd="/")
        self.url = f"postgres://apus@/postgres?host={folder}"
        until(30, lambda: self.query("SELECT 1", check=False).strip() == "1", "PostgreSQL answers")

    def query(self, text, check=True):
        return subprocess.run(
            [self.programs + "/psql", "-h", self.folder, "-U", "apus", "-At", "-c", text, "postgres"], check=check,
            capture_output=True, text=True).stdout

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)


class MemoryLimit:
    """A cgroup of the server's own; where none can be made, nothing holds the server, and only its high-water mark is read."""

    def __init__(self):
        self.folder = self.version = None
        for version, root, limit in [
                (2, "/sys/fs/cgroup", "memory.max"), (2, "/sys/fs/cgroup/unified", "memory.max"),
                (1, "/sys/fs/cgroup/memory", "memory.limit_in_bytes")]:
            folder = f"{root}/apus-strangers-{os.getpid()}"
            try:
                os.mkdir(folder)
            except OSError:
                continue
            try:
                # What is no cgroup has no such file, and where memory is not controlled that file is missing, too.
                with open(f"{folder}/{limit}", "r+") as file:
                    file.write(str(MEMORY))
            except OSError:
                os.rmdir(folder)
                continue
            self.folder, self.version = folder, version
            if version == 2 and os.path.exists(folder + "/memory.swap.max"):
                with open(folder + "/memory.swap.max", "w") as file:
                    file.write("0")
            return

    def __str__(self):
        if self.folder:
            return f"the server's memory is limited to 256 MiB by a cgroup (v{self.version})"
        return "no cgroup can be made here, so that the server's high-water mark alone is compared with 256 MiB"

    def enter(self):
        """In the server's process, before it begins. It ends with this program, however that ends."""
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        if self.folder:
            with open(self.folder + "/cgroup.procs", "w") as file:
                file.write(str(os.getpid()))

    def read(self, *names):
        for name in names:
            try:
                with open(f"{self.folder}/{name}") as file:
                    return file.read()
            except OSError:
                continue
        return ""

    def kills(self):
        lines = self.read("memory.events", "memory.oom_control").splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))

    def peak(self):
        """Bytes, with pages of files, which the kernel takes back; 0: not known."""
        return int(self.read("memory.peak", "memory.max_usage_in_bytes") or 0)

    def remove(self):
        if self.folder and os.path.isdir(self.folder):
            # A process that has just ended may be counted for a moment longer.
            until(5, self.is_removed, f"{self.folder} is removed")

    def is_removed(self):
        try:
            os.rmdir(self.folder)
            return True
        except OSError:
            return False


class Server:
    def __init__(self, program, folder, telemetry, memory):
        self.program, self.folder, self.telemetry, self.memory = program, folder, telemetry, memory
        self.ports = {"public": free_port(), "admin": free_port()}
        self.restarts = self.most = 0
        self.start()

    def start(self):
        environment = dict(os.environ, APUS_ARTIFACTS=f"file://{self.folder}/artifacts", APUS_TELEMETRY=self.telemetry)
        with open(self.folder + "/server.log", "ab") as log:
            # The shares of a container of 256 MiB, which the server does not see here.
            self.process = subprocess.Popen(
                [self.program, "--routing", self.folder + "/routing.json", "--host", "127.0.0.1", "--port",
                 str(self.ports["public"]), "--admin-port", str(self.ports["admin"]), "--spill", self.folder + "/spill",
                 "--drain-seconds", "0", "--maximum-held", str(MEMORY // 8 * 3), "--maximum-logged", str(MEMORY // 8),
                 "--maximum-connections", str(CONNECTIONS)],
                env=environment, stdout=log, stderr=log, preexec_fn=self.memory.enter)
        until(60, self.is_ready, f"the server is ready; see {self.folder}/server.log")

    def is_ready(self):
        if self.process.poll() is not None:
            sys.exit(f"the server ended; see {self.folder}/server.log")
        return get(self.ports["public"], "/ready", 5) == 200

    def look(self):
        """Reads the high-water mark, and starts the server again where it has ended."""
        try:
            with open(f"/proc/{self.process.pid}/status") as file:
                self.most = max([self.most] + [int(line.split()[1]) << 10 for line in file if line.startswith("VmHWM:")])
        except OSError:
            pass
        if self.process.poll() is not None:
            print(f"- the server ended with {self.process.returncode}", flush=True)
            self.restarts += 1
            self.start()

    def metrics(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["admin"], timeout=10)
        connection.request("GET", "/metrics")
        values = {}
        for line in connection.getresponse().read().decode().splitlines():
            if line and line[0] != "#":
                name, _, value = line.rpartition(" ")
                values[name] = float(value)
        connection.close()
        return values

    def is_drained(self):
        m = self.metrics()
        return m["apus_log_buffered_rows"] == 0 and m["apus_log_spill_bytes"] == 0 and m["apus_log_store_up"] == 1

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

import ClusterState
import KubernetesModel
import Testing

struct ObjectLifecycleTests {
  @Test("A created object has a uid, a version, a time and its defaults")
  func create() {
    var cluster = Cluster()
    let answer = cluster.send(.post, deployments, aDeployment(replicas: nil))
    #expect(answer.code == 201)
    #expect(answer.json[path: "metadata", "uid"]?.string?.count == 36)
    #expect(answer.json[path: "metadata", "creationTimestamp"] == "2025-06-15T15:06:40Z")
    #expect(answer.json[path: "metadata", "generation"] == 1)
    #expect(answer.json[path: "spec", "replicas"] == 1)
    #expect(answer.json[path: "spec", "strategy", "rollingUpdate", "maxSurge"] == "25%")
    #expect(answer.json[path: "spec", "template", "spec", "containers"]?[0]?["imagePullPolicy"] == "IfNotPresent")
    #expect(cluster.send(.post, deployments, aDeployment()).json["reason"] == "AlreadyExists")
  }

  @Test("generateName gives a name of its own each time")
  func generateName() {
    var cluster = Cluster()
    let object: JSONValue = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["generateName": "c-"]]
    let names = (0..<5).compactMap { _ in cluster.send(.post, configMaps, object).json[path: "metadata", "name"]?.string
    }
    #expect(Set(names).count == 5)
    #expect(names.allSatisfy { $0.hasPrefix("c-") && $0.count == 7 })
  }

  @Test(
    "A bad object is refused with code and reason",
    arguments: [
      ("/api/v1/namespaces/nope/configmaps", aConfigMap("c"), 404, "NotFound"),
      (configMaps, aConfigMap("Upper"), 422, "Invalid"),
      (configMaps, aConfigMap("c", labels: ["a": "b c"]), 422, "Invalid"),
      (configMaps, aPod("p"), 400, "BadRequest"), (configMaps, "text" as JSONValue, 400, "BadRequest"),
      (
        pods, ["apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p"], "spec": ["containers": []]] as JSONValue,
        422, "Invalid"
      ),
      ("/api/v1/namespaces/default/nothings", aConfigMap("c"), 404, "NotFound"),
    ])
  func refused(target: String, object: JSONValue, code: Int, reason: String) {
    var cluster = Cluster()
    let answer = cluster.send(.post, target, object)
    #expect(answer.code == code)
    #expect(answer.json["reason"] == .string(reason))
    #expect(answer.json["kind"] == "Status")
  }

  @Test("An update with a stale version is a conflict, one without a version is not")
  func optimisticLock() {
    var cluster = Cluster()
    var object = cluster.send(.post, configMaps, aConfigMap("c", ["a": "1"])).json
    object["data"] = ["a": "2"]
    #expect(cluster.send(.put, "\(configMaps)/c", object).code == 200)
    let answer = cluster.send(.put, "\(configMaps)/c", object)
    #expect(answer.code == 409)
    #expect(
      answer.json["message"]
        == "Operation cannot be fulfilled on configmaps \"c\": the object has been modified; please apply your changes to the latest version and try again"
    )
    object.set(nil, at: ["metadata", "resourceVersion"])
    #expect(cluster.send(.put, "\(configMaps)/c", object).code == 200)
  }

  @Test("Spec and status are written apart, and only a spec's change counts a generation")
  func statusSplit() {
    var cluster = Cluster()
    cluster.send(.post, definitions, aDefinition(["n": ["type": "integer"]]))
    var model = aModel("m", ["n": 1])
    model["status"] = ["x": 1]
    var object = cluster.send(.post, models, model).json
    #expect(object["status"] == nil)
    object["status"] = ["x": 2]
    object["spec"] = ["n": 2]
    object = cluster.send(.put, "\(models)/m/status", object).json
    #expect(object["status"] == ["x": 2])
    #expect(object["spec"] == ["n": 1])
    #expect(object[path: "metadata", "generation"] == 1)
    object["status"] = ["x": 3]
    object["spec"] = ["n": 3]
    object = cluster.send(.put, "\(models)/m", object).json
    #expect(object["status"] == ["x": 2])
    #expect(object[path: "metadata", "generation"] == 2)
  }

  @Test("A write that changes nothing makes no new version")
  func noChange() {
    var cluster = Cluster()
    let object = cluster.send(.post, configMaps, aConfigMap("c", ["a": "1"])).json
    let again = cluster.send(.put, "\(configMaps)/c", object).json
    #expect(again == object)
  }

  @Test("A dry run answers as if, and stores nothing")
  func dryRun() {
    var cluster = Cluster()
    let revision = cluster.state.revision
    #expect(cluster.send(.post, "\(configMaps)?dryRun=All", aConfigMap("c")).code == 201)
    #expect(cluster.state.revision == revision)
    #expect(cluster.object("\(configMaps)/c") == nil)
  }

  @Test("Immutable fields stay as they are")
  func immutable() {
    var cluster = Cluster()
    var object = cluster.send(.post, deployments, aDeployment()).json
    object.set(["matchLabels": ["app": "x"]], at: ["spec", "selector"])
    object.set(["app": "x"], at: ["spec", "template", "metadata", "labels"])
    let answer = cluster.send(.put, "\(deployments)/web", object)
    #expect(answer.code == 422)
    #expect(answer.json["message"]?.string?.hasSuffix("field is immutable") == true)
  }

  @Test("A Job's completions stay, except an indexed one's that follow its parallelism")
  func completions() {
    var cluster = Cluster()
    func job(_ name: String, _ spec: JSONValue) -> JSONValue {
      var job: JSONValue = [
        "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": .string(name)],
        "spec": ["template": ["spec": ["restartPolicy": "Never", "containers": [["name": "main", "image": "x"]]]]],
      ]
      for (key, value) in spec.object ?? [:] { job.set(value, at: ["spec", key]) }
      return job
    }
    let jobs = "/apis/batch/v1/namespaces/default/jobs"
    let merge = "application/merge-patch+json"
    let plain = cluster.send(.post, jobs, job("plain", [:])).json
    #expect(plain[path: "metadata", "labels", "job-name"] == "plain", "without labels it has those of its pods")
    let refused = cluster.send(.patch, "\(jobs)/plain", ["spec": ["completions": 3]], type: merge)
    #expect(refused.code == 422)
    #expect(
      refused.json["message"]
        == "Job.batch \"plain\" is invalid: spec.completions: Invalid value: 3: field is immutable")
    cluster.send(.post, jobs, job("indexed", ["completionMode": "Indexed", "completions": 2, "parallelism": 2]))
    #expect(
      cluster.send(.patch, "\(jobs)/indexed", ["spec": ["completions": 3, "parallelism": 3]], type: merge).code == 200)
    #expect(cluster.send(.patch, "\(jobs)/indexed", ["spec": ["completions": 4]], type: merge).code == 422)
  }

  @Test("A custom resource without the scale subresource answers as if the object were missing")
  func noScale() {
    var cluster = Cluster()
    var definition = aDefinition(["n": ["type": "integer"]])
    var version = definition[path: "spec", "versions"]?.array?.first ?? [:]
    version.set(["status": [:]], at: ["subresources"])
    definition.set([version], at: ["spec", "versions"])
    cluster.send(.post, definitions, definition)
    cluster.send(.post, models, aModel("m", ["n": 1]))
    let answer = cluster.send(.get, "\(models)/m/scale")
    #expect(answer.code == 404)
    #expect(answer.json["message"] == "models.test.dev \"m\" not found")
  }

  @Test("The scale subresource changes replicas and nothing else")
  func scale() {
    var cluster = Cluster()
    cluster.send(.post, deployments, aDeployment())
    let answer = cluster.send(
      .patch, "\(deployments)/web/scale", ["spec": ["replicas": 4]], type: "application/merge-patch+json")
    #expect(answer.json["kind"] == "Scale")
    #expect(answer.json[path: "status", "selector"] == "app=web")
    #expect(cluster.object("\(deployments)/web")?[path: "spec", "replicas"] == 4)
  }

  @Test("Finalizers hold an object until the last is gone")
  func finalizers() {
    var cluster = Cluster()
    var object = aConfigMap("c")
    object.set(["a.dev/x"], at: ["metadata", "finalizers"])
    cluster.send(.post, configMaps, object)
    #expect(cluster.send(.delete, "\(configMaps)/c").json[path: "metadata", "deletionTimestamp"] != nil)
    let adding = cluster.send(
      .patch, "\(configMaps)/c", ["metadata": ["finalizers": ["a.dev/x", "a.dev/y"]]],
      type: "application/merge-patch+json")
    #expect(adding.code == 422)
    cluster.send(
      .patch, "\(configMaps)/c", [["op": "remove", "path": "/metadata/finalizers/0"]],
      type: "application/json-patch+json")
    #expect(cluster.object("\(configMaps)/c") == nil)
  }

  @Test("Preconditions guard a deletion")
  func preconditions() {
    var cluster = Cluster()
    let object = cluster.send(.post, configMaps, aConfigMap("c")).json
    #expect(cluster.send(.delete, "\(configMaps)/c", ["preconditions": ["uid": "other"]]).code == 409)
    #expect(cluster.send(.delete, "\(configMaps)/c", ["preconditions": ["resourceVersion": "1"]]).code == 409)
    #expect(
      cluster.send(.delete, "\(configMaps)/c", ["preconditions": ["uid": object[path: "metadata", "uid"] ?? ""]]).json[
        "status"]
        == "Success")
  }

  @Test("A running pod gets its grace period, one that never ran or has ended goes at once")
  func podGrace() {
    var cluster = Cluster()
    for name in ["waiting", "running", "ended", "killed"] { cluster.send(.post, pods, aPod(name)) }
    for (name, phase) in [("running", "Running"), ("ended", "Succeeded"), ("killed", "Running")] {
      cluster.send(
        .patch, "\(pods)/\(name)/status", ["status": ["phase": .string(phase)]], type: "application/merge-patch+json")
    }
    for name in ["waiting", "running", "ended"] { cluster.send(.delete, "\(pods)/\(name)") }
    cluster.send(.delete, "\(pods)/killed", ["gracePeriodSeconds": 0])
    #expect(cluster.object("\(pods)/waiting") == nil)
    #expect(cluster.object("\(pods)/ended") == nil)
    #expect(cluster.object("\(pods)/killed") == nil)
    #expect(cluster.object("\(pods)/running")?[path: "metadata", "deletionGracePeriodSeconds"] == 30)
    cluster.send(.delete, "\(pods)/running", ["gracePeriodSeconds": 0])
    #expect(cluster.object("\(pods)/running") == nil)
  }

  @Test("A namespace takes its contents along, and nothing new comes in")
  func namespace() {
    var cluster = Cluster()
    cluster.send(.post, "/api/v1/namespaces", ["metadata": ["name": "x"]])
    var held = aConfigMap("held")
    held.set(["a.dev/x"], at: ["metadata", "finalizers"])
    cluster.send(.post, "/api/v1/namespaces/x/configmaps", aConfigMap("free"))
    cluster.send(.post, "/api/v1/namespaces/x/configmaps", held)
    cluster.send(.delete, "/api/v1/namespaces/x")
    #expect(cluster.object("/api/v1/namespaces/x")?[path: "status", "phase"] == "Terminating")
    #expect(cluster.object("/api/v1/namespaces/x/configmaps/free") == nil)
    let refused = cluster.send(.post, "/api/v1/namespaces/x/configmaps", aConfigMap("new"))
    #expect(refused.code == 403)
    #expect(refused.json[path: "details", "causes"]?[0]?["reason"] == "NamespaceTerminating")
    cluster.send(
      .patch, "/api/v1/namespaces/x/configmaps/held", ["metadata": ["finalizers": .null]],
      type: "application/merge-patch+json")
    #expect(cluster.object("/api/v1/namespaces/x") == nil)
    #expect(cluster.send(.delete, "/api/v1/namespaces/default").code == 403)
  }
}

struct GarbageCollectionTests {
  @Test("Dependents go with their owner, and theirs too")
  func background() {
    var cluster = Cluster()
    let root = cluster.send(.post, configMaps, aConfigMap("root")).json
    let child = cluster.send(.post, configMaps, aConfigMap("child", owner: owner(root))).json
    cluster.send(.post, configMaps, aConfigMap("grandchild", owner: owner(child)))
    cluster.send(.delete, "\(configMaps)/root")
    #expect(cluster.send(.get, configMaps).json["items"] == [])
  }

  @Test("Orphaned dependents stay and lose the reference")
  func orphan() {
    var cluster = Cluster()
    let root = cluster.send(.post, configMaps, aConfigMap("root")).json
    cluster.send(.post, configMaps, aConfigMap("child", owner: owner(root)))
    cluster.send(.delete, "\(configMaps)/root?propagationPolicy=Orphan")
    #expect(cluster.object("\(configMaps)/root") == nil)
    #expect(cluster.object("\(configMaps)/child")?[path: "metadata", "ownerReferences"] == nil)
    #expect(cluster.object("\(configMaps)/child") != nil)
  }

  @Test("In the foreground the owner waits for dependents that block it")
  func foreground() {
    var cluster = Cluster()
    let root = cluster.send(.post, configMaps, aConfigMap("root")).json
    var child = aConfigMap("child", owner: owner(root, blocking: true))
    child.set(["a.dev/x"], at: ["metadata", "finalizers"])
    cluster.send(.post, configMaps, child)
    cluster.send(.delete, "\(configMaps)/root", ["propagationPolicy": "Foreground"])
    #expect(cluster.object("\(configMaps)/root")?[path: "metadata", "finalizers"] == ["foregroundDeletion"])
    #expect(cluster.object("\(configMaps)/child")?[path: "metadata", "deletionTimestamp"] != nil)
    cluster.send(
      .patch, "\(configMaps)/child", ["metadata": ["finalizers": .null]], type: "application/merge-patch+json")
    #expect(cluster.object("\(configMaps)/child") == nil)
    #expect(cluster.object("\(configMaps)/root") == nil)
  }

  @Test("An object whose owner does not exist is removed; one living owner is enough")
  func missingOwner() {
    var cluster = Cluster()
    let root = cluster.send(.post, configMaps, aConfigMap("root")).json
    let ghost: JSONValue = ["apiVersion": "v1", "kind": "ConfigMap", "name": "ghost", "uid": "0"]
    cluster.send(.post, configMaps, aConfigMap("lost", owner: ghost))
    var shared = aConfigMap("shared", owner: owner(root))
    shared.set([owner(root), ghost], at: ["metadata", "ownerReferences"])
    cluster.send(.post, configMaps, shared)
    #expect(cluster.object("\(configMaps)/lost") == nil)
    #expect(cluster.object("\(configMaps)/shared")?[path: "metadata", "ownerReferences"]?.array?.count == 1)
  }

  @Test("A definition goes when its last object has gone")
  func definition() {
    var cluster = Cluster()
    cluster.send(.post, definitions, aDefinition([:]))
    var model = aModel("m", [:])
    model.set(["a.dev/x"], at: ["metadata", "finalizers"])
    cluster.send(.post, models, model)
    cluster.send(.delete, "\(definitions)/models.test.dev")
    #expect(cluster.object("\(definitions)/models.test.dev") != nil)
    cluster.send(.patch, "\(models)/m", ["metadata": ["finalizers": .null]], type: "application/merge-patch+json")
    #expect(cluster.object("\(definitions)/models.test.dev") == nil)
  }
}

import Decisions
import KubernetesModel
import WorkerContract

/// What the cluster's own controllers and kubelets remember. They make a Job's pod and end it after its run, and keep a
/// Deployment's pods; all of it by the API, as those do.
struct Surroundings: Sendable {
  /// Seconds from a Job's pod to its end, and from a server's pod to its readiness.
  static let runTime = 20.0
  static let startTime = 5.0

  /// When a pod ends or gets ready, by its name.
  var due: [String: Double] = [:]
  /// Check Jobs in the order in which they were seen.
  var checks: [String] = []
  /// Whatever is trained from now on is worse than what serves.
  var isNothingBetter = false
  /// Numbers for addresses of pods.
  var addresses = 0
}

extension World.Facts {
  /// A write of somebody who is not the operator. Gives the answer; `null` where it was refused.
  @discardableResult
  mutating func write(
    _ method: String, _ path: String, _ body: JSONValue? = nil, contentType: String = "application/merge-patch+json",
    by manager: String = "kube-controller-manager"
  ) -> JSONValue {
    let (answer, changes) = server.answer(
      method, path, query: [("fieldManager", manager)],
      contentType: method == "PATCH" ? contentType : "application/json", body: body, at: now)
    self.changes += changes
    guard case .object(let code, let document) = answer, code < 400 else { return .null }
    return document
  }

  static let jobs = "/apis/batch/v1/namespaces/shop/jobs"
  static let pods = "/api/v1/namespaces/shop/pods"
  static let deployments = "/apis/apps/v1/namespaces/shop/deployments"

  func all(_ resource: String) -> [JSONValue] { server.objects(resource, in: "shop") }

  /// `name`: `jobs/income-train-1`.
  func object(_ name: String) -> JSONValue? {
    let parts = name.split(separator: "/")
    return server.object(String(parts[0]), String(parts[1]), in: "shop")
  }

  func isServing(_ address: String) -> Bool {
    all("pods").contains { $0[path: "status", "podIP"]?.string == address && Self.isReady($0) }
  }

  private static func isReady(_ pod: JSONValue) -> Bool {
    pod[path: "status", "conditions"]?.array?.contains { $0["type"] == "Ready" && $0["status"] == "True" } ?? false
  }

  /// One look of all of them. Returns whether anything was done.
  mutating func act() -> Bool {
    let before = changes.count
    let pods = all("pods")
    for job in all("jobs") { attend(job, pods) }
    for autoscaler in all("horizontalpodautoscalers") { attend(autoscaler: autoscaler) }
    for deployment in all("deployments") { attend(deployment: deployment, pods) }
    return changes.count > before
  }

  /// Nobody uses the servers, so there are as few as may be, as the autoscaler sees to it.
  private mutating func attend(autoscaler: JSONValue) {
    guard let target = object("deployments/\(autoscaler.name)"), let least = autoscaler[path: "spec", "minReplicas"],
      target[path: "spec", "replicas"] != least
    else { return }
    write(
      "PATCH", "\(Self.deployments)/\(autoscaler.name)", ["spec": ["replicas": least]],
      by: "horizontal-pod-autoscaler")
  }

  /// When they have something to do again.
  var nextDue: Double? { surroundings.due.values.min() }

  // MARK: Jobs

  private mutating func attend(_ job: JSONValue, _ pods: [JSONValue]) {
    let name = job.name
    guard job[path: "status", "conditions"]?.array?.isEmpty ?? true else { return }
    guard let pod = pods.first(where: { $0.isControlled(by: job) }) else {
      guard job[path: "spec", "parallelism"]?.integer != 0 else { return }
      if job.label("apus.dev/component") == "check", !surroundings.checks.contains(name) {
        surroundings.checks.append(name)
      }
      makePod("\(name)-p", of: job, extra: ["job-name": .string(name)], phase: "Running")
      surroundings.due["\(name)-p"] = now + Surroundings.runTime
      return
    }
    guard let due = surroundings.due[pod.name], due <= now else { return }
    surroundings.due[pod.name] = nil
    let result = Script.result(of: job, self)
    let code: Int64 = result.failed == nil ? 0 : 65
    write(
      "PATCH", "\(Self.pods)/\(pod.name)/status",
      [
        "status": [
          "phase": code == 0 ? "Succeeded" : "Failed",
          "containerStatuses": [
            [
              "name": "worker", "image": "w", "imageID": "w", "ready": false, "restartCount": 0,
              "state": [
                "terminated": [
                  "exitCode": .integer(code), "message": .string(JSONValue.document(result).text),
                  "reason": code == 0 ? "Completed" : "Error", "finishedAt": .string(text(now)),
                ]
              ],
            ]
          ],
        ]
      ])
    let condition: JSONValue = [
      "type": code == 0 ? "Complete" : "Failed", "status": "True", "lastTransitionTime": .string(text(now)),
      "reason": code == 0 ? "" : "BackoffLimitExceeded",
    ]
    var status: JSONValue = ["conditions": [condition]]
    if code == 0 {
      status["succeeded"] = 1
      status["completionTime"] = .string(text(now))
    } else {
      status["failed"] = 1
    }
    write("PATCH", "\(Self.jobs)/\(name)/status", ["status": status])
  }

  private mutating func makePod(
    _ name: String, of owner: JSONValue, extra: [String: JSONValue], phase: String
  ) {
    let template = owner[path: "spec", "template"] ?? [:]
    let labels = (template[path: "metadata", "labels"]?.object ?? [:]).merging(extra) { $1 }
    surroundings.addresses += 1
    write(
      "POST", Self.pods,
      [
        "apiVersion": "v1", "kind": "Pod",
        "metadata": [
          "name": .string(name), "namespace": "shop", "labels": .object(labels),
          "ownerReferences": [
            [
              "apiVersion": owner["apiVersion"] ?? "", "kind": owner["kind"] ?? "", "name": .string(owner.name),
              "uid": owner[path: "metadata", "uid"] ?? "", "controller": true,
            ]
          ],
        ],
        "spec": template["spec"] ?? [:],
      ])
    let (high, low) = surroundings.addresses.quotientAndRemainder(dividingBy: 250)
    write(
      "PATCH", "\(Self.pods)/\(name)/status",
      ["status": ["phase": .string(phase), "podIP": .string("10.0.\(high).\(low + 1)")]])
  }

  // MARK: Deployments

  private mutating func attend(deployment: JSONValue, _ pods: [JSONValue]) {
    let sets = all("replicasets").filter { $0.isControlled(by: deployment) }
    let own = pods.filter { pod in sets.contains { pod.isControlled(by: $0) } }
    let template = (deployment[path: "spec", "template"] ?? [:]).fingerprint
    let wanted = deployment[path: "spec", "replicas"]?.integer ?? 1
    for pod in own { attend(server: pod) }
    let current = own.filter { $0.label("pod-template-hash") == String(template.prefix(10)) }
    let old = own.filter { $0.label("pod-template-hash") != String(template.prefix(10)) }
    var spare = (0..<100).map { "\(deployment.name)-\(template.prefix(5))-\($0)" }
      .filter { name in !own.contains { $0.name == name } }[...]
    if current.count < wanted {
      let hash = String(template.prefix(10))
      let set = sets.first { $0.label("pod-template-hash") == hash } ?? makeSet(hash, of: deployment)
      for _ in current.count..<wanted {
        guard let name = spare.popFirst() else { break }
        makePod(name, of: set, extra: [:], phase: "Running")
        surroundings.due[name] = now + Surroundings.startTime
      }
    }
    let ready = current.filter(Self.isReady)
    let surplus = ready.count >= wanted ? old + current.dropFirst(wanted) : []
    for pod in surplus {
      surroundings.due[pod.name] = nil
      write("DELETE", "\(Self.pods)/\(pod.name)", ["gracePeriodSeconds": 0])
    }
    let count = Int64(max(wanted, current.count) + old.count - surplus.count)
    let status: JSONValue = [
      "observedGeneration": deployment[path: "metadata", "generation"] ?? 1, "replicas": .integer(count),
      "updatedReplicas": .integer(Int64(wanted)), "readyReplicas": .integer(Int64(min(wanted, ready.count))),
      "availableReplicas": .integer(Int64(min(wanted, ready.count))),
    ]
    guard let live = deployment["status"], status.isContained(in: live) else {
      write("PATCH", "\(Self.deployments)/\(deployment.name)/status", ["status": status])
      return
    }
  }

  private mutating func makeSet(_ hash: String, of deployment: JSONValue) -> JSONValue {
    var template = deployment[path: "spec", "template"] ?? [:]
    template.set(.string(hash), at: ["metadata", "labels", "pod-template-hash"])
    let labels = template[path: "metadata", "labels"] ?? [:]
    return write(
      "POST", "/apis/apps/v1/namespaces/shop/replicasets",
      [
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": [
          "name": .string("\(deployment.name)-\(hash)"), "namespace": "shop", "labels": labels,
          "ownerReferences": [
            [
              "apiVersion": "apps/v1", "kind": "Deployment", "name": .string(deployment.name),
              "uid": deployment[path: "metadata", "uid"] ?? "", "controller": true,
            ]
          ],
        ],
        "spec": ["selector": ["matchLabels": labels], "template": template],
      ])
  }

  private mutating func attend(server pod: JSONValue) {
    guard let due = surroundings.due[pod.name], due <= now else { return }
    surroundings.due[pod.name] = nil
    write(
      "PATCH", "\(Self.pods)/\(pod.name)/status",
      [
        "status": [
          "conditions": [["type": "Ready", "status": "True", "lastTransitionTime": .string(text(now))]],
          "containerStatuses": [
            [
              "name": "server", "image": "s", "imageID": "s", "ready": true, "restartCount": 0,
              "state": ["running": ["startedAt": .string(text(now))]],
            ]
          ],
        ]
      ])
  }

  func text(_ time: Double) -> String { Timestamp(secondsSince1970: time.rounded(.down)).description }
}

extension JSONValue {
  var name: String { self[path: "metadata", "name"]?.string ?? "" }

  func label(_ key: String) -> String? { self[path: "metadata", "labels", key]?.string }

  func isControlled(by owner: JSONValue) -> Bool {
    self[path: "metadata", "ownerReferences"]?.array?.contains {
      $0["uid"] == owner[path: "metadata", "uid"] && $0["controller"] == true
    } ?? false
  }

  func condition(_ type: String) -> String? {
    self[path: "status", "conditions"]?.array?.first { $0["type"]?.string == type }?["status"]?.string
  }
}

import Foundation
import KubernetesModel
import TestSupport
import Testing

/// `spec.serving.security`: who may ask, and how the servers show who they are.
@Suite("Servers with tokens and certificates from Secrets", .serialized, .enabled(if: Cluster.isThere))
struct SecurityTests {
  @Test("answer over HTTPS to whom a token was given; the operator finds its way in; new Secrets need no new pods")
  func secured() async throws {
    let stage = try await Stage.open("secured")
    try SmallModel.placeRows(on: stage)
    let host = "guarded.\(stage.namespace).svc"
    let certificate = try await Certificate.make("first", for: host, in: stage.cluster.folder)
    let stranger = try await Certificate.make("stranger", for: host, in: stage.cluster.folder)
    try await certificate.put(on: stage)
    try await Self.put(tokens: "first-token", on: stage)
    try await stage.apply(Self.model(sample: 1.0))
    if stage.cluster.kind == .real { try await Self.allowSecrets(on: stage) }
    // The kubelet has asked with HTTPS whether the server is ready, and the server has taken the operator's table.
    try await stage.wait("md", "guarded", condition: "Ready", within: .seconds(180))
    #expect(try await stage.get("md", "guarded")?.condition("Serving")?["status"]?.string == "True")

    let server = SecuredServer(stage: stage, host: host, address: try await stage.address(ofService: "guarded"))
    // A pod is ready a moment before the Service's rules on the node lead to it.
    _ = try await eventually("the Service leads to the server", within: .seconds(60), every: .milliseconds(200)) {
      () async throws -> Bool? in
      try await server.predict("first-token", trusting: certificate) == .status(200) ? true : nil
    }
    #expect(try await server.predict(nil, trusting: certificate) == .status(401))
    #expect(try await server.predict("another", trusting: certificate) == .status(401))
    #expect(try await server.predict("first-token", trusting: stranger) == .untrusted)
    #expect(try await server.predict("first-token", trusting: nil) == .silent, "nothing is said in the clear")

    try await Self.expectNoWayIn(server, on: stage)
    // A table that is new is brought to a server that is guarded.
    try await Self.expectNewTable(sample: 0.5, on: stage)
    // How soon a Secret's change is in a container is the kubelet's business: on a real cluster after a minute or more.
    if stage.cluster.kind == .local { try await Self.rotate(server, host: host, on: stage) }
    await stage.close()
  }

  /// The operator may not read Secrets where nobody has let it: the model says so, with the command that an administrator runs.
  private static func allowSecrets(on stage: Stage) async throws {
    let condition = try await stage.wait(
      "md", "guarded", condition: "Serving", "Unknown", reason: "Forbidden", within: .seconds(180))
    let message = try #require(condition["message"]?.string)
    let command = try #require(
      message.components(separatedBy: "allow it: ").last?.split(separator: " ").map(String.init))
    #expect(command.prefix(5) == ["kubectl", "-n", stage.namespace, "create", "rolebinding"])
    _ = try await eventually("an Event says the same", within: .seconds(20)) { () async throws -> Bool? in
      try await stage.kubectl("describe", "md", "guarded").text.contains("allow it: kubectl") ? true : nil
    }
    _ = try await run(stage.cluster.exec + command)
  }

  /// Whoever reaches the admin port without the operator's signature, from inside the cluster, changes nothing and reads nothing.
  private static func expectNoWayIn(_ server: SecuredServer, on stage: Stage) async throws {
    let table =
      #"{"namespace":"\#(stage.namespace)","model":"guarded","revision":9223372036854775807,"entries":[],"#
      + #""logging":{"sample":0,"redact":[],"retention":"0s"}}"#
    let before = try await stage.get("md", "guarded")?[path: "status", "routingRevision"]
    for token in [nil, "guess", "first-token"] {
      #expect(try await server.admin("POST", "/model/reload", token, body: table) == .status(401))
      #expect(try await server.admin("POST", "/model/reload", token, body: "") == .status(401))
    }
    #expect(try await server.admin("GET", "/logs", nil) == .status(401))
    #expect(try await server.admin("GET", "/logs", "first-token") == .status(200))
    #expect(try await server.admin("GET", "/metrics", nil) == .status(200))
    let model = try await stage.get("md", "guarded")
    #expect(model?[path: "status", "routingRevision"] == before && model?.condition("Serving")?["status"] == "True")
    let ports = try await stage.get("service", "guarded")?[path: "spec", "ports"]?.array?.compactMap {
      $0["port"]?.integer
    }
    #expect(ports == [8080, 8081])
    #expect(try await stage.get("service", "guarded-admin-port")?[path: "spec", "clusterIP"] == "None")
  }

  private static func rotate(_ server: SecuredServer, host: String, on stage: Stage) async throws {
    let before = try await pods(on: stage)
    let next = try await Certificate.make("second", for: host, in: stage.cluster.folder)
    try await put(tokens: "second-token", on: stage)
    try await next.put(on: stage)
    let begun = ContinuousClock.now
    _ = try await eventually(
      "the new token and the new certificate hold", within: .seconds(120), every: .milliseconds(200)
    ) {
      () async throws -> Bool? in
      try await server.predict("second-token", trusting: next) == .status(200) ? true : nil
    }
    print("security: new Secrets hold after \(begun.duration(to: .now))")
    #expect(try await server.predict("first-token", trusting: next) == .status(401), "the old token is worth nothing")
    try await expectNewTable(sample: 0.25, on: stage)
    #expect(try await pods(on: stage) == before, "the same pods, never restarted")
  }

  /// Changes what stands in the routing table, and waits until the servers have confirmed it to the operator.
  private static func expectNewTable(sample: Double, on stage: Stage) async throws {
    try await stage.apply(model(sample: sample))
    let generation = try await stage.get("md", "guarded")?[path: "metadata", "generation"]?.integer
    try await stage.wait(for: "the table with sample \(sample) is confirmed", "md", "guarded") {
      (model: JSONValue) -> Bool? in
      let status = model["status"]
      guard status?["observedGeneration"]?.integer == generation, model.condition("Reconciling") == nil,
        model.condition("Serving")?["status"]?.string == "True", model.condition("Ready")?["status"]?.string == "True"
      else { return nil }
      return true
    }
    let table = try await stage.get("configmap", "guarded-routing")?[path: "data", "routing.json"]?.string
    #expect(table?.contains("\"sample\":\(sample)") == true, "\(table ?? "")")
  }

  /// UIDs and restarts.
  private static func pods(on stage: Stage) async throws -> [String] {
    try await stage.list("pods", selector: "apus.dev/model=guarded,apus.dev/component=server").map { pod in
      let restarts = pod[path: "status", "containerStatuses"]?.array?.first?["restartCount"]?.integer ?? -1
      return "\(pod[path: "metadata", "uid"]?.string ?? "") \(restarts)"
    }.sorted()
  }

  private static func put(tokens: String, on stage: Stage) async throws {
    try await stage.apply(
      """
      {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "guarded-clients"},
       "stringData": {"tokens": "\(tokens)\\n"}}
      """)
  }

  private static func model(sample: Double) -> String {
    SmallModel(name: "guarded").model.trimmingCharacters(in: .newlines) + """

          logging: {sample: \(sample)}
          security:
            tokenSecretRef: {name: guarded-clients, key: tokens}
            tlsSecretRef: {name: guarded-tls}

      """
  }
}

/// A certificate that vouches for itself.
private struct Certificate {
  var file: URL
  var key: URL

  static func make(_ name: String, for host: String, in folder: URL) async throws -> Certificate {
    let made = Certificate(
      file: folder.appendingPathComponent("\(name).crt"), key: folder.appendingPathComponent("\(name).key"))
    _ = try await run([
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
      "-subj", "/CN=\(host)", "-addext", "subjectAltName=DNS:\(host)", "-keyout", made.key.path, "-out", made.file.path,
    ])
    return made
  }

  func put(on stage: Stage) async throws {
    let secret = try await stage.kubectl(
      "create", "secret", "tls", "guarded-tls", "--cert", file.path, "--key", key.path, "--dry-run=client", "-o", "json"
    )
    try await stage.apply(secret.text)
  }
}

/// A Service whose servers speak TLS.
private struct SecuredServer {
  enum Answer: Equatable {
    case status(Int)
    /// The certificate is not one that is trusted.
    case untrusted
    /// No answer of HTTP.
    case silent
  }

  var stage: Stage
  var host: String
  var address: String

  /// On the admin port of a pod, which is known by its address.
  func admin(_ method: String, _ path: String, _ token: String?, body: String? = nil) async throws -> Answer {
    let pods = try await stage.list("pods", selector: "apus.dev/model=guarded,apus.dev/component=server")
    let pod = pods.compactMap { $0[path: "status", "podIP"]?.string }.first ?? ""
    var command =
      stage.cluster.exec + ["curl", "-sSk", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}", "-X", method]
    if let token { command += ["-H", "authorization: Bearer \(token)"] }
    if body != nil { command += ["-H", "content-type: application/json", "--data-binary", "@-"] }
    let output = try await run(command + ["https://\(pod):8081\(path)"], input: body ?? "", allowFailure: true)
    return output.status == 0 ? .status(Int(output.text) ?? 0) : .silent
  }

  /// - Parameter certificate: nil: without TLS.
  func predict(_ token: String?, trusting certificate: Certificate?) async throws -> Answer {
    var command = stage.cluster.exec + ["curl", "-sS", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}"]
    command += ["--resolve", "\(host):8080:\(address)", "-H", "content-type: application/json", "--data-binary", "@-"]
    if let certificate { command += ["--cacert", certificate.file.path] }
    if let token { command += ["-H", "authorization: Bearer \(token)"] }
    let scheme = certificate == nil ? "http" : "https"
    let output = try await run(
      command + ["\(scheme)://\(host):8080/predict"], input: #"{"features": {"a": 3, "b": "red"}}"#, allowFailure: true)
    switch output.status {
    case 0: return .status(Int(output.text) ?? 0)
    // CURLE_PEER_FAILED_VERIFICATION
    case 60: return .untrusted
    default: return .silent
    }
  }
}

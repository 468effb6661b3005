import ClusterState
import Foundation
import HTTPTransport
import KubernetesModel
import Testing

@testable import LocalCluster

@Suite("Who may use the API")
struct AccessTests {
  /// Asks as any process of this machine can.
  private struct Client {
    let cluster: RunningCluster
    let transport: CurlTransport

    init(_ cluster: RunningCluster) throws {
      self.cluster = cluster
      var trust = TransportConfiguration()
      trust.certificateAuthority = Array(cluster.credentials.authority.utf8)
      transport = try CurlTransport(trust)
    }

    func ask(
      _ method: HTTPRequest.Method = .get, _ path: String, _ headers: HTTPHeaders = [:], body: String = ""
    ) async throws -> HTTPResponse {
      var request = HTTPRequest(
        method, url: "https://127.0.0.1:\(cluster.port)\(path)", headers: headers, body: Array(body.utf8))
      if !body.isEmpty { request.headers["Content-Type"] = "application/json" }
      return try await transport.send(request)
    }

    func ask(_ path: String, token: String) async throws -> HTTPResponse {
      try await ask(.get, path, ["Authorization": "Bearer \(token)"])
    }

    /// A review's status.
    func review(_ group: String, _ kind: String, _ spec: JSONValue, token: String) async throws -> JSONValue? {
      let body: JSONValue = ["apiVersion": .string(group + "/v1"), "kind": .string(kind), "spec": spec]
      let answer = try await ask(
        .post, "/apis/\(group)/v1/\(kind.lowercased())s", ["Authorization": "Bearer \(token)"], body: body.text)
      #expect(answer.status == 201, "\(answer.text)")
      return try JSONValue(parsing: answer.body)["status"]
    }
  }

  private static let pod =
    #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"evil"},"spec":{"containers":[{"name":"m","image":"sh"}]}}"#

  private static let closed: [(HTTPRequest.Method, String, HTTPHeaders)] = [
    (.get, "/", [:]), (.get, "/api", [:]), (.get, "/apis", [:]), (.get, "/openapi/v2", [:]), (.get, "/openapi/v3", [:]),
    (.get, "/api/v1/secrets", [:]), (.get, "/api/v1/pods?watch=true", [:]), (.get, "/nowhere", [:]),
    (.get, "/api/v1/namespaces/default/pods/p/log?follow=true", [:]), (.get, "/healthz/../api", [:]),
    (.get, "/readyz/log", [:]), (.get, "/version/api", [:]), (.get, "/%61pi", [:]),
    (.post, "/api/v1/namespaces/default/pods", [:]), (.post, "/version", [:]), (.delete, "/readyz", [:]),
    (.post, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", [:]),
    (.post, "/apis/authentication.k8s.io/v1/tokenreviews", [:]),
    (
      .post, "/api/v1/namespaces/default/pods/p/portforward",
      ["Upgrade": "SPDY/3.1", "Connection": "Upgrade", "X-Stream-Protocol-Version": "portforward.k8s.io"]
    ),
  ]

  @Test("without the token everything is 401 but what Kubernetes shows to all, and nothing is begun")
  func closed() async throws {
    try await RunningCluster.with { cluster in
      let client = try Client(cluster)
      let token = cluster.credentials.token
      let wrong: [String?] = [
        nil, "Bearer", "Bearer ", "Bearer x", "Bearer \(token.dropLast())", "Bearer \(token)0", "Bearer \(token) x",
        "Bearer \(token.uppercased())", "Bearer \(String(repeating: "0", count: 64))", token, "Token \(token)",
        "Basic \(Data("apus:\(token)".utf8).base64EncodedString())", "Bearer \(String(repeating: "a", count: 10_000))",
      ]
      for (method, path, headers) in Self.closed {
        for value in wrong {
          var headers = headers
          headers["Authorization"] = value
          // As kubectl, port forwarding has a connection of its own: nothing follows a request that changes protocols.
          let client = headers["Upgrade"] == nil ? client : try Client(cluster)
          let answer: HTTPResponse
          do {
            answer = try await client.ask(method, path, headers, body: method == .post ? Self.pod : "")
          } catch {
            Issue.record("\(method) \(path) with \(value?.prefix(80) ?? "nothing"): \(error)")
            continue
          }
          #expect(answer.status == 401, "\(method) \(path) with \(value ?? "nothing"): \(answer.status)")
          let status = try JSONValue(parsing: answer.body)
          #expect(status["kind"] == "Status" && status["reason"] == "Unauthorized" && status["code"] == 401)
          #expect(!answer.text.contains(token.prefix(16)))
        }
      }
      #expect(await cluster.store.list(ClusterResource.pods, namespace: nil, labels: [:]).isEmpty)
      for path in ["/healthz", "/livez", "/readyz", "/version", "/version/", "/readyz?verbose"] {
        #expect(try await client.ask(.get, path).status == 200)
        // A token that is wrong is told also there, as Kubernetes does.
        #expect(try await client.ask(path, token: "wrong").status == 401)
        #expect(try await client.ask(path, token: token).status == 200)
      }
      #expect(try await client.ask("/api/v1/secrets", token: token).status == 200)
      #expect(try await client.ask(.get, "/api", ["Authorization": "bEARER  \(token)"]).status == 200)
    }
  }

  @Test("a web page is refused even with the token, and gets no permission across origins")
  func webPages() async throws {
    try await RunningCluster.with { cluster in
      let client = try Client(cluster)
      let authorization = "Bearer \(cluster.credentials.token)"
      for (name, value) in [
        ("Origin", "https://evil.example"), ("Origin", "null"), ("Origin", "https://127.0.0.1:\(cluster.port)"),
        ("Host", "evil.example:\(cluster.port)"), ("Host", "127.0.0.1.evil.example"),
      ] {
        for path in ["/readyz", "/api/v1/secrets"] {
          let answer = try await client.ask(.get, path, ["Authorization": authorization, name: value])
          #expect(answer.status == 403, "\(name): \(value)")
          #expect(answer.headers["Access-Control-Allow-Origin"] == nil)
        }
      }
      #expect(
        try await client.ask("/api", token: cluster.credentials.token).headers["Access-Control-Allow-Origin"] == nil)
    }
  }

  @Test("plain HTTP gets no answer, and another certificate is not taken for the cluster's")
  func impostor() async throws {
    try await RunningCluster.with { cluster in
      await #expect(throws: TransportError.self) {
        try await CurlTransport().send(HTTPRequest(url: "http://127.0.0.1:\(cluster.port)/version"))
      }
      var trust = TransportConfiguration()
      trust.certificateAuthority = Array(try ClusterCredentials().authority.utf8)
      let transport = try CurlTransport(trust)
      await #expect(throws: TransportError.self) {
        try await transport.send(HTTPRequest(url: "https://127.0.0.1:\(cluster.port)/version"))
      }
      // The certificate has the other name, too.
      let client = try Client(cluster)
      let request = HTTPRequest(url: "https://localhost:\(cluster.port)/version")
      #expect(try await client.transport.send(request).status == 200)
    }
  }

  @Test("a pod's token is good while its pod and account are there, and for its own audience")
  func podTokens() async throws {
    try await RunningCluster.with { cluster in
      let client = try Client(cluster)
      let (credentials, store) = (cluster.credentials, cluster.store)
      func made(_ resource: GroupVersionResource, _ kind: String, _ spec: JSONValue = [:]) async throws -> ClusterObject
      {
        var object: JSONValue = [
          "apiVersion": "v1", "kind": .string(kind), "metadata": ["name": "robot", "namespace": "default"],
        ]
        if kind == "Pod" { object["spec"] = spec }
        return ClusterObject(try await store.create(resource, namespace: "default", object))
      }
      let account = try await made(ClusterResource.serviceAccounts, "ServiceAccount")
      let pod = try await made(
        ClusterResource.pods, "Pod",
        ["serviceAccountName": "robot", "containers": [["name": "main", "image": "shell"]]])
      let token = PodToken(pod: pod, account: account).text(signedWith: credentials.signingKey)
      let other = PodToken(pod: pod, account: account, audiences: ["apus"]).text(signedWith: credentials.signingKey)
      #expect(try await client.ask("/api/v1/pods", token: token).status == 200)
      #expect(try await client.ask("/api/v1/pods", token: other).status == 401)

      let name = "system:serviceaccount:default:robot"
      let owner = credentials.token
      let own = try await client.review("authentication.k8s.io", "SelfSubjectReview", [:], token: token)
      #expect(own?[path: "userInfo", "username"]?.string == name)
      let me = try await client.review("authentication.k8s.io", "SelfSubjectReview", [:], token: owner)
      #expect(me?[path: "userInfo", "username"]?.string == "apus")
      let known = try await client.review(
        "authentication.k8s.io", "TokenReview", ["token": .string(other), "audiences": ["apus", "x"]], token: owner)
      #expect(known?["authenticated"] == true && known?["audiences"] == ["apus"])
      #expect(known?[path: "user", "username"]?.string == name)
      for (given, audience) in [(other, "x"), (token, "apus"), ("\(token)x", PodToken.issuer), ("", PodToken.issuer)] {
        let unknown = try await client.review(
          "authentication.k8s.io", "TokenReview", ["token": .string(given), "audiences": [.string(audience)]],
          token: owner)
        #expect(unknown?["authenticated"] == false && unknown?["user"] == nil)
      }
      let access = try await client.review(
        "authorization.k8s.io", "SubjectAccessReview",
        ["user": .string(name), "nonResourceAttributes": ["path": "/metrics", "verb": "get"]], token: owner)
      #expect(access?["allowed"] == true)
      let stranger = try await client.review(
        "authorization.k8s.io", "SubjectAccessReview",
        ["user": "system:anonymous", "groups": ["system:unauthenticated"]], token: owner)
      #expect(stranger?["allowed"] == false)

      // Who takes a token apart finds no other identity in it.
      let parts = token.split(separator: ".")
      let claims = Data(#"{"aud":["\#(PodToken.issuer)"],"sub":"apus"}"#.utf8).base64EncodedString()
      for forged in [
        "\(parts[0]).\(parts[1]).", "\(parts[0]).\(claims).\(parts[2])",
        "\(Data(#"{"alg":"none"}"#.utf8).base64EncodedString()).\(parts[1]).", "..", "a.b.c",
        PodToken(pod: pod, account: account).text(signedWith: try ClusterCredentials().signingKey),
      ] {
        #expect(try await client.ask("/api/v1/pods", token: forged).status == 401)
      }

      try await store.delete(
        ClusterResource.pods, namespace: "default", name: "robot", uid: nil, gracePeriod: 0, propagation: .background)
      #expect(try await client.ask("/api/v1/pods", token: token).status == 401)
      let users = try Data(contentsOf: URL(fileURLWithPath: cluster.audit)).split(separator: 0x0A).map {
        try JSONValue(parsing: $0)[path: "user", "username"]?.string
      }
      #expect(users.contains(name) && users.contains("apus"))
    }
  }

  @Test("kubectl without the token is told so, and cannot forward a port", .enabled(if: RunningCluster.hasKubectl))
  func kubectl() async throws {
    try await RunningCluster.with { cluster in
      // Without any user kubectl asks for a name, which nobody types here.
      let bare = cluster.folder + "/bare"
      let address = "https://127.0.0.1:\(cluster.port)"
      try LocalKubeconfig(server: address, authority: cluster.credentials.authority, login: .token("wrong")).write(
        to: bare)
      let refused = try await cluster.kubectl("get", "pods", environment: ["KUBECONFIG": bare])
      #expect(refused.code != 0 && refused.err.contains("logged in to the server"), "\(refused.err)")
      let forward = try await cluster.kubectl("port-forward", "pod/p", ":80", environment: ["KUBECONFIG": bare])
      #expect(forward.code != 0 && forward.err.contains("logged in to the server"), "\(forward.err)")
      #expect(try await cluster.succeed("auth", "can-i", "create", "pods") == "yes\n")
      #expect(try await cluster.succeed("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}") == "apus")
    }
  }
}

@Suite("The cluster's credentials")
struct CredentialTests {
  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("credentials-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    try body(folder)
  }

  @Test("stay with the state folder, for its owner only; each folder has others")
  func kept() throws {
    try withFolder { folder in
      let first = try ClusterCredentials(folder: folder)
      #expect(first.token.count == 64)
      let again = try ClusterCredentials(folder: folder)
      #expect(again.token == first.token && again.certificate == first.certificate)
      let path = folder + "/credentials.json"
      #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
      try withFolder { other in
        let second = try ClusterCredentials(folder: other)
        #expect(second.token != first.token)
      }
    }
  }

  @Test("that others could read, or that are damaged, are replaced", arguments: [0, 1, 2, 3])
  func replaced(kind: Int) throws {
    try withFolder { folder in
      let path = folder + "/credentials.json"
      let first = try ClusterCredentials(folder: folder)
      switch kind {
      case 0: try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
      case 1: try Data("{}".utf8).write(to: URL(fileURLWithPath: path))
      case 2:
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        try PrivateFile.replace(path, with: Array(bytes.dropLast(40)))
      default:
        try FileManager.default.moveItem(atPath: path, toPath: folder + "/elsewhere")
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: folder + "/elsewhere")
      }
      let second = try ClusterCredentials(folder: folder)
      #expect(second.token != first.token)
      #expect(try ClusterCredentials(folder: folder).token == second.token)
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      #expect(attributes[.posixPermissions] as? Int == 0o600 && attributes[.type] as? FileAttributeType == .typeRegular)
    }
  }

  @Test("A certificate that is about to expire is replaced, the token stays")
  func expiry() throws {
    try withFolder { folder in
      let path = folder + "/credentials.json"
      let first = try ClusterCredentials(folder: folder)
      var text = try JSONValue(parsing: Data(contentsOf: URL(fileURLWithPath: path)))
      text.set(.number(Date().timeIntervalSince1970 + 86_400), at: ["certificate", "notAfter"])
      try PrivateFile.replace(path, with: text.bytes)
      let second = try ClusterCredentials(folder: folder)
      #expect(second.token == first.token && second.certificate != first.certificate)
    }
  }

  @Test("A state folder that others may use is closed, unless it holds other things")
  func folder() throws {
    try withFolder { folder in
      try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder)
      let lock = try StateLock(folder: folder)
      #expect(try FileManager.default.attributesOfItem(atPath: folder)[.posixPermissions] as? Int == 0o700)
      withExtendedLifetime(lock) {}
    }
    try withFolder { folder in
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder)
      try Data().write(to: URL(fileURLWithPath: folder + "/mine"))
      #expect { try StateLock(folder: folder) } throws: {
        "\($0)".contains("it is open to other users and holds other files")
      }
      #expect(try FileManager.default.attributesOfItem(atPath: folder)[.posixPermissions] as? Int == 0o755)
    }
  }
}

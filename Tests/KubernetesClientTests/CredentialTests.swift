import Foundation
import KubernetesModel
import Synchronization
import TestSupport
import Testing

@testable import KubernetesClient

/// A folder of its own for programs and files, taken away at the end.
final class Scratch {
  let path = NSTemporaryDirectory() + "apus-client-\(UUID().uuidString)"

  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ name: String, _ text: String) throws {
    try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
  }

  /// A script's path, for a shell to read. It is not started itself: another test that starts a program at the same moment
  /// may hold the file open for writing, for as long as its child is not yet that program.
  func script(_ name: String, _ text: String) throws -> String {
    try write(name, text + "\n")
    return "\(path)/\(name)"
  }

  func lines(_ name: String) -> [String] {
    ((try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
  }
}

@Suite("Credentials from programs")
struct CredentialTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  func plugin(_ script: String, version: String = "v1", hint: String? = nil) throws -> CredentialPlugin {
    CredentialPlugin(
      apiVersion: "client.authentication.k8s.io/\(version)", command: "/bin/sh",
      args: [try scratch.script("plugin", script)], installHint: hint)
  }

  static func answer(_ status: String, version: String = "v1") -> String {
    "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/\(version)\",\"status\":{\(status)}}'"
  }

  @Test("Both versions are spoken, certificates and expiry are read", arguments: ["v1", "v1beta1"])
  func versions(_ version: String) async throws {
    let answer = try await plugin(
      Self.answer(
        #""token":"t","clientCertificateData":"CERT","clientKeyData":"KEY","expirationTimestamp":"2030-01-01T00:00:00Z""#,
        version: version), version: version
    ).run()
    #expect(answer.token == "t")
    #expect(answer.certificate == ClientCertificate(certificate: Array("CERT".utf8), key: Array("KEY".utf8)))
    #expect(answer.expires == Timestamp("2030-01-01T00:00:00Z"))
    #expect(!"\(String(reflecting: answer.certificate))".contains("75"))
  }

  @Test(
    "What is wrong is said, with the hint how to mend it and never with the output",
    arguments: [
      ("exit 3", "ended with status 3"), ("kill -9 $$", "ended by signal 9"), ("echo hunter2", "not an ExecCredential"),
      (answer(#""token":"""#), "neither a token nor a client certificate"),
      (answer(#""clientCertificateData":"c""#), "without its key"),
      (answer(#""token":"hunter2","expirationTimestamp":"soon""#), "not a time"),
      (answer(#""token":"hunter2""#, version: "v1beta1"), "asked for was client.authentication.k8s.io/v1"),
      ("head -c 2000000 /dev/zero", "larger than"),
    ])
  func failures(_ script: String, _ text: String) async throws {
    let plugin = try plugin(script, hint: "install it with care")
    let error = await #expect(throws: KubernetesError.self) { try await plugin.run() }
    let words = "\(String(describing: error))"
    #expect(words.contains(text) && words.contains("install it with care") && !words.contains("hunter2"), "\(words)")
  }

  @Test("A program that is not there, speaks another version or wants a person is refused")
  func unusable() async throws {
    var plugin = try plugin("exit 0")
    plugin.interactiveMode = "Always"
    await #expect(throws: KubernetesError.self) { try await plugin.run() }
    plugin.interactiveMode = "IfAvailable"
    plugin.apiVersion = "client.authentication.k8s.io/v1alpha1"
    await #expect(throws: KubernetesError.self) { try await plugin.run() }
    plugin.apiVersion = "client.authentication.k8s.io/v1"
    plugin.command = "apus-there-is-no-such-program"
    let error = await #expect(throws: KubernetesError.self) { try await plugin.run() }
    #expect(error?.description.contains("could not be started: No such file") == true)
  }

  @Test("It gets what it should know of the cluster, and neither our standard input nor our open files")
  func surroundings() async throws {
    var plugin = try plugin(
      """
      echo "$KUBERNETES_EXEC_INFO" > "$0.info"; cat > "$0.input"; readlink /proc/$$/fd/* > "$0.files"; echo "$1 $SPECIAL" > "$0.words"
      \(Self.answer(#""token":"t""#))
      """)
    plugin.args?.append("first word")
    plugin.env = [.init(name: "SPECIAL", value: "yes")]
    plugin.provideClusterInfo = true
    plugin.cluster = ["server": "https://x", "config": ["audience": "a"]]
    _ = try await plugin.run()
    let info = try JSONValue(parsing: scratch.lines("plugin.info").joined())
    #expect(info["apiVersion"] == "client.authentication.k8s.io/v1" && info["kind"] == "ExecCredential")
    #expect(info[path: "spec", "interactive"] == false)
    #expect(info[path: "spec", "cluster", "config", "audience"] == "a")
    #expect(scratch.lines("plugin.input").isEmpty)
    #expect(scratch.lines("plugin.words") == ["first word yes"])
    let files = scratch.lines("plugin.files")
    #expect(files.contains("/dev/null") && !files.contains { $0.hasPrefix("socket:") }, "\(files)")
    plugin.provideClusterInfo = nil
    _ = try await plugin.run()
    #expect(try JSONValue(parsing: scratch.lines("plugin.info").joined())[path: "spec", "cluster"] == nil)
  }

  @Test("One that hangs is ended with all it has started; one that leaves something behind is not waited for")
  func hanging() async throws {
    let slow = try plugin("sleep 600 & echo $! > \(scratch.path)/child; wait")
    let error = await #expect(throws: KubernetesError.self) { try await slow.run(limit: .seconds(1)) }
    #expect(error?.description.contains("did not end within 1 seconds") == true)
    let child = try #require(scratch.lines("child").first.flatMap { Int32($0) })
    _ = try await eventually("its child has ended") {
      let state = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)
      return state.map { $0.contains(") Z") } ?? true ? true : nil
    }
    let leaving = try plugin("sleep 600 & \(Self.answer(#""token":"t""#))")
    #expect(try await leaving.run().token == "t")
  }

  func source(_ plugin: CredentialPlugin, _ time: ScriptedTime) -> CredentialSource {
    CredentialSource(.plugin(plugin), time: time.source)
  }

  @Test("Many requests at once run it once; it runs again when its answer has ended or was refused, once for all")
  func single() async throws {
    let time = ScriptedTime()
    // The scripted clock stands at 1,800,000,000, which is 2027-01-15T08:00:00Z.
    let source = source(
      try plugin(
        "echo run >> $0.log; sleep 0.2; "
          + Self.answer(#""token":"t","expirationTimestamp":"2027-01-15T09:00:00Z""#)), time)
    let runs = { scratch.lines("plugin.log").count }
    let proofs = try await withThrowingTaskGroup(of: Proof.self) { group in
      for _ in 0..<20 { group.addTask { try await source.proof() } }
      return try await group.reduce(into: [Proof]()) { $0.append($1) }
    }
    #expect(runs() == 1 && proofs.allSatisfy { $0.authorization == "Bearer t" })
    time.advance(by: .seconds(3580))
    _ = try await source.proof()
    #expect(runs() == 1)
    time.advance(by: .seconds(15))
    let second = try await source.proof()
    #expect(runs() == 2)
    // A refusal of the first answer says nothing about the second.
    #expect(source.renew(proofs[0]))
    #expect(source.renew(second) && source.renew(second))
    time.advance(by: .seconds(-100))
    _ = try await source.proof()
    #expect(runs() == 3)
  }

  @Test("Whoever is cancelled does not wait for the program, and does not end it for the others")
  func cancelled() async throws {
    let go = "\(scratch.path)/go"
    let source = source(
      try plugin("while [ ! -e \(go) ]; do sleep 0.05; done; " + Self.answer(#""token":"t""#)), ScriptedTime())
    let patient = Task { try await source.proof() }
    let impatient = Task { try await source.proof() }
    impatient.cancel()
    await #expect(throws: KubernetesError.cancelled) { try await impatient.value }
    try scratch.write("go", "")
    #expect(try await patient.value.authorization == "Bearer t")
  }

  @Test("A token that the server refuses is asked for anew, once for all requests that were refused together")
  func refused() async throws {
    let plugin = try plugin(
      "echo run >> $0.log; "
        + #"echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t'$(wc -l < $0.log | tr -d ' ')'"}}'"#
    )
    let valid = Mutex("Bearer t1")
    let server = try ScriptedServer { request in
      let isValid = request.headers["authorization"] == valid.withLock { $0 }
      return [isValid ? .answer(200, body: "{}") : .answer(401, body: status(401, "Unauthorized"))]
    }
    defer { server.stop() }
    let client = try ClusterClient(
      ClusterConfiguration(server: server.url, credentials: .plugin(plugin)), time: ScriptedTime(skipping: true).source,
      logger: quiet)
    let request = APIRequest.get(APITarget(Pod.self, namespace: "a", name: "b"))
    _ = try await client.perform(request)
    valid.withLock { $0 = "Bearer t2" }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<10 { group.addTask { _ = try await client.perform(request) } }
      try await group.waitForAll()
    }
    #expect(scratch.lines("plugin.log").count == 2)
    // Refused for good: told after one more run, and not asked for ever.
    valid.withLock { $0 = "none" }
    let error = await #expect(throws: KubernetesError.self) { try await client.perform(request) }
    #expect(error?.isUnauthorized == true)
    #expect(scratch.lines("plugin.log").count == 3)
  }
}

import Foundation
internal import KubernetesModel

/// A program that a kubeconfig names to get credentials (`exec`), versions v1 and v1beta1.
public struct CredentialPlugin: Sendable, Equatable, Codable {
  public struct Variable: Sendable, Equatable, Codable {
    public var name: String
    public var value: String
  }

  public var apiVersion: String
  public var command: String
  public var args: [String]?
  public var env: [Variable]?
  public var installHint: String?
  /// `Never`, `IfAvailable` or `Always`: nobody can be asked anything here.
  public var interactiveMode: String?
  /// Whether the program wants to know the cluster.
  public var provideClusterInfo: Bool?
  /// `Cluster` of client.authentication.k8s.io; set from the kubeconfig where the program wants it.
  var cluster: JSONValue?

  init(
    apiVersion: String, command: String, args: [String]? = nil, env: [Variable]? = nil, installHint: String? = nil
  ) {
    self.apiVersion = apiVersion
    self.command = command
    self.args = args
    self.env = env
    self.installHint = installHint
  }

  enum CodingKeys: String, CodingKey {
    case apiVersion, command, args, env, installHint, interactiveMode, provideClusterInfo
  }

  /// A token, a client certificate, or both.
  struct Answer: Sendable {
    var token: String?
    var certificate: ClientCertificate?
    var expires: Timestamp?
  }

  private static let group = "client.authentication.k8s.io"
  private static let timeLimit = Duration.seconds(60)

  /// Runs the program and reads the ExecCredential from its output.
  ///
  /// Errors: `.configuration` that names the program and how to mend it, never its output.
  func run(limit: Duration = Self.timeLimit) async throws(KubernetesError) -> Answer {
    let supported = ["\(Self.group)/v1", "\(Self.group)/v1beta1"]
    guard supported.contains(apiVersion) else {
      throw failure("it speaks \(apiVersion), supported are \(supported.joined(separator: " and "))")
    }
    guard interactiveMode != "Always" else {
      throw failure("it wants to talk to a person (interactiveMode: Always), and there is none")
    }
    let output: [UInt8]
    do {
      output = try await PluginProcess.output(of: command, args ?? [], environment: environment, limit: limit)
    } catch {
      throw failure("\(error)")
    }
    return try read(output)
  }

  private func read(_ output: [UInt8]) throws(KubernetesError) -> Answer {
    guard let credential = try? JSONValue(parsing: output), credential["kind"] == "ExecCredential" else {
      throw failure("its output is not an ExecCredential")
    }
    guard credential["apiVersion"]?.string == apiVersion else {
      throw failure("it answered as \(credential["apiVersion"]?.string ?? "no version"), asked for was \(apiVersion)")
    }
    let status = credential["status"]
    let text = { (name: String) in status?[name]?.string.flatMap { $0.isEmpty ? nil : $0 } }
    var answer = Answer(token: text("token"), expires: text("expirationTimestamp").flatMap { Timestamp($0) })
    switch (text("clientCertificateData"), text("clientKeyData")) {
    case (let certificate?, let key?):
      answer.certificate = ClientCertificate(certificate: Array(certificate.utf8), key: Array(key.utf8))
    case (nil, nil): break
    default: throw failure("it gave a client certificate without its key, or a key without its certificate")
    }
    guard answer.token != nil || answer.certificate != nil else {
      throw failure("it gave neither a token nor a client certificate")
    }
    if text("expirationTimestamp") != nil, answer.expires == nil {
      throw failure("its expirationTimestamp is not a time")
    }
    return answer
  }

  private func failure(_ reason: String) -> KubernetesError {
    let hint = installHint.map { " (\($0))" } ?? ""
    return .configuration("no credentials from the program '\(command)': \(reason)\(hint)")
  }

  private var environment: [String: String] {
    var environment = ProcessInfo.processInfo.environment
    var spec: JSONValue = ["interactive": false]
    if provideClusterInfo == true { spec["cluster"] = cluster }
    environment["KUBERNETES_EXEC_INFO"] =
      JSONValue.object(["apiVersion": .string(apiVersion), "kind": "ExecCredential", "spec": spec]).text
    for variable in env ?? [] { environment[variable.name] = variable.value }
    return environment
  }
}

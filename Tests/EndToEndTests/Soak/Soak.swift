import Foundation
import Glibc
import KubernetesModel

/// What `scripts/soak` asks for, by environment variables.
enum Soak {
  private static let environment = ProcessInfo.processInfo.environment

  /// `leaders`, `steady` or `crash`; nil in every other run.
  static let name = environment["APUS_SOAK"]

  /// How long things go on, without preparation and end.
  static let duration = Duration.seconds(environment["APUS_SOAK_SECONDS"].flatMap { Int($0) } ?? 600)

  /// Printed, so that a run can be had again: the same faults in the same order, though not at the same moments.
  static let seed = environment["APUS_SOAK_SEED"].flatMap { UInt64($0) } ?? .random(in: 0..<1_000_000)

  static let models = environment["APUS_SOAK_MODELS"].flatMap { Int($0) } ?? 1_000

  /// With the time; also, at once, into the file that `scripts/soak` names, as the output comes when all is over.
  static func say(_ text: String) {
    let line = "\(Timestamp(secondsSince1970: Date.now.timeIntervalSince1970)) \(text)"
    print(line)
    append(line, to: environment["APUS_SOAK_LOG"])
  }

  /// For whoever wants to know more, beside that file.
  static func keep(_ text: String) { append(text, to: environment["APUS_SOAK_LOG"].map { $0 + ".pages" }) }

  private static func append(_ text: String, to path: String?) {
    guard let path else { return }
    let file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    guard file >= 0 else { return }
    let handle = FileHandle(fileDescriptor: file, closeOnDealloc: true)
    try? handle.write(contentsOf: Data((text + "\n").utf8))
  }
}

/// The soak cannot go on.
struct SoakFailure: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }
}

/// A model that is trained in a moment on a few hundred rows, and learns them.
struct SmallModel: Sendable {
  var name: String
  var replicas = 1
  var approval = "Automatic"
  /// Of the pod template: another value is another rollout.
  var gracePeriod = 5
  var file = "small.csv"

  var model: String {
    """
    apiVersion: apus.dev/v1alpha1
    kind: ModelDeployment
    metadata: {name: \(name)}
    spec:
      schema:
        target: {name: outcome}
        features:
        - {name: a, type: numeric}
        - {name: b, type: categorical}
      training:
        source: {csv: {uri: "file:///var/lib/apus/data/\(file)"}}
        algorithm: {gradientBoosting: {rounds: 10}}
        schedule: {cron: "0 4 1 1 *"}
        deadline: 10m
      promotion: {approval: \(approval)}
      serving:
        replicas: \(replicas)
        template: {terminationGracePeriodSeconds: \(gracePeriod)}

    """
  }

  static let rows =
    "a,b,outcome\n"
    + (0..<400).map { "\($0 % 17),\($0 % 3 == 0 ? "red" : "blue"),\($0 % 17 > 8 ? 1 : 0)\n" }.joined()

  static func placeRows(on stage: Stage) throws {
    try rows.write(to: stage.storage.appendingPathComponent("data/small.csv"), atomically: true, encoding: .utf8)
  }
}

/// A policy that checks only when its schedule says so.
struct SmallPolicy: Sendable {
  var model: String
  var cron = "0 4 1 1 *"
  var isSuspended = false

  var policy: String {
    """
    apiVersion: apus.dev/v1alpha1
    kind: MonitoringPolicy
    metadata: {name: \(model)}
    spec:
      modelRef: {name: \(model)}
      schedule: {cron: "\(cron)"}
      window: 6h
      suspend: \(isSuspended)

    """
  }
}

import Artifacts
package import Foundation
package import HTTPTransport
import JSONLogging
import Telemetry
import Values
import WorkerContract

/// What a run finds around it: variables, the clock, the way out.
package struct WorkerEnvironment: Sendable {
  package var variables: [String: String]
  /// Threads that training may use; 0: all that the machine has.
  package var threads: Int
  package var now: @Sendable () -> Date
  package var log: RunLog
  /// nil: the volumes of this pod or, on the local cluster, this machine.
  package var sourceFolders: SourceFolders?
  /// Made when first needed: most runs send nothing.
  package var transport: @Sendable () throws(TransportError) -> any HTTPTransport

  package init(
    variables: [String: String], threads: Int = 0, now: @escaping @Sendable () -> Date = { Date() }, log: RunLog,
    transport: @escaping @Sendable () throws(TransportError) -> any HTTPTransport = { () throws(TransportError) in
      var configuration = TransportConfiguration(userAgent: "apus-worker")
      configuration.outbound = .anyHostOfPod
      return try CurlTransport(configuration)
    }
  ) {
    self.variables = variables
    self.threads = threads
    self.now = now
    self.log = log
    self.transport = transport
  }

  func artifactStore() throws -> any ArtifactStore {
    try openArtifactStore(at: location(RunEnvironment.artifacts), environment: variables)
  }

  func telemetryStore() throws -> any TelemetryStore {
    let location = try location(RunEnvironment.telemetry)
    if let unproven = (try? TelemetryLocation(location))?.unprovenServer {
      log.write("nothing proves who the telemetry store is", level: "warning", ["mend": .text(unproven)])
    }
    return try openTelemetryStore(at: location)
  }

  private func location(_ variable: String) throws -> String {
    guard let text = variables[variable], !text.isEmpty else {
      throw WorkerError.environment(variable: variable, reason: "is not set; the operator sets it in the Job's pod")
    }
    return text
  }

  /// Where files of sources may lie. Errors: where the kernel does not say what is mounted.
  func folders() throws -> SourceFolders {
    if let sourceFolders { return sourceFolders }
    if let mounts = try mounts() { return SourceFolders(ofMachine: mounts) }
    guard let table = KernelFile.text("/proc/self/mountinfo") else {
      throw WorkerError.unforeseen(
        "/proc/self/mountinfo cannot be read, which names the volumes that sources may lie in")
    }
    return SourceFolders(mountTable: table)
  }

  /// The file behind a `file:` URI, through the mounts that the local cluster tells of; nil for any other URI.
  func path(ofFile uri: String) throws -> String? {
    let prefix = "file://"
    guard uri.hasPrefix(prefix + "/"), let path = String(uri.dropFirst(prefix.count)).removingPercentEncoding else {
      return nil
    }
    guard let mounts = try mounts() else { return path }
    let mounted = Self.resolve(path, mounts: mounts)
    // On the local cluster a person's file may well lie below a path that pods mount something else at, such as /tmp.
    return FileManager.default.fileExists(atPath: mounted) ? mounted : path
  }

  /// Folders of this machine by mount path; nil: pods have files of their own.
  private func mounts() throws -> [String: String]? {
    guard let text = variables[RunEnvironment.mounts], !text.isEmpty else { return nil }
    guard let mounts = try? JSONDecoder().decode([String: String].self, from: Data(text.utf8)) else {
      throw WorkerError.environment(
        variable: RunEnvironment.mounts, reason: "is not a JSON object from mount paths to folders")
    }
    return mounts
  }

  /// The longest mount path that is `path` or a folder above it decides.
  static func resolve(_ path: String, mounts: [String: String]) -> String {
    let fitting = mounts.filter { mount, _ in
      path == mount || path.hasPrefix(mount.hasSuffix("/") ? mount : mount + "/")
    }
    guard let (mount, folder) = fitting.max(by: { $0.key.count < $1.key.count }) else { return path }
    return folder + path.dropFirst(mount.count)
  }
}

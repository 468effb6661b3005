import Foundation
import TestSupport
import Testing

/// `apus up --detach` and `apus down`, one after the other without a pause, as a person's script does it.
@Suite("Starting and stopping") struct StartAndStopTests {
  @Test("When `apus down` returns, folder and port are free for the next cluster")
  func again() async throws {
    let folder = try TemporaryFolder()
    var port = "0"
    var logins: Set<String> = []
    for _ in 0..<5 {
      let up = try await apus("up", "--detach", "--state", folder.path, "--port", port)
      try #require(up.status == 0, "\(up.output)")
      port = try #require(up.output.firstMatch(of: /127\.0\.0\.1:(\d+)/).map { String($0.1) })
      // Contexts of kubectl stay good, and nobody else can read them.
      let text = try String(contentsOfFile: folder.path + "/kubeconfig", encoding: .utf8)
      logins.insert(text.split(separator: "\n").filter { $0.contains("token:") || $0.contains("-data:") }.joined())
      for (name, mode) in [("", 0o700), ("kubeconfig", 0o600), ("credentials.json", 0o600), ("up.log", 0o600)] {
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/" + name)
        #expect(attributes[.posixPermissions] as? Int == mode, "\(name)")
      }
      let down = try await apus("down", "--state", folder.path)
      try #require(down.status == 0 && down.output.hasPrefix("Stopped."), "\(down.output)")
    }
    #expect(logins.count == 1 && logins.first?.contains("token: ") == true)
    let idle = try await apus("down", "--state", folder.path)
    #expect(idle.status == 0 && idle.output.contains("No local cluster is running"))
  }

  /// The program that was built with these tests.
  private func apus(_ arguments: String...) async throws -> (status: Int32, output: String) {
    try await blocking {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("apus")
      process.arguments = arguments
      let pipe = Pipe()
      process.standardOutput = pipe
      process.standardError = pipe
      try process.run()
      let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
      process.waitUntilExit()
      return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
  }
}

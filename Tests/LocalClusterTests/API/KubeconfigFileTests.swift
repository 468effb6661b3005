import Foundation
import LocalCluster
import Testing

@Suite("The kubeconfig's file")
struct KubeconfigFileTests {
  @Test(
    "is replaced where it names local clusters only",
    arguments: [
      ("", true), ("\n", true), (LocalKubeconfig(server: "http://127.0.0.1:6550").text, true),
      ("clusters:\n- cluster:\n    server: https://prod.example:6443\n", false),
      (LocalKubeconfig(server: "http://127.0.0.1:1").text + "- cluster:\n    server: https://prod.example\n", false),
      ("notes of mine\n", false),
    ])
  func own(text: String, expected: Bool) {
    #expect(LocalKubeconfig.isOwn(text) == expected)
  }

  @Test("of other clusters is left alone, with a sentence that names it")
  func foreign() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("kubeconfig-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let text = "clusters:\n- cluster:\n    server: https://prod.example:6443\n"
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    #expect {
      try LocalKubeconfig(server: "http://127.0.0.1:6550").write(to: path)
    } throws: { "\($0)".contains(path) && "\($0)".contains("choose another path") }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
  }

  @Test("that cannot be written is refused with the system's reason")
  func reason() {
    let missing = CocoaError(.fileNoSuchFile, userInfo: [NSUnderlyingErrorKey: POSIXError(.EACCES)])
    #expect(FileFailure.reason(missing) == "Permission denied")
  }
}

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
      (
        LocalKubeconfig(server: "https://127.0.0.1:6550", authority: "pem", login: .token("t"), namespace: "a").text,
        true
      ),
      // As kind and others write them.
      ("clusters:\n- cluster:\n    server: https://127.0.0.1:35001\n  name: kind-kind\n", false),
      ("clusters: [{cluster: {server: 'https://127.0.0.1:35001'}, name: apus}]\n", false),
      ("clusters:\n- cluster:\n    server: https://127.0.0.1:35001\n", false),
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

  @Test("is for its owner only; a link in its place is replaced and not followed")
  func mode() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kubeconfig-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let (path, target) = (folder + "/kubeconfig", folder + "/target")
    try Data().write(to: URL(fileURLWithPath: target))
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
    try LocalKubeconfig(server: "https://127.0.0.1:6550", login: .token("t")).write(to: path)
    #expect(FileManager.default.contents(atPath: target) == Data())
    for _ in 0..<2 {
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      #expect(attributes[.posixPermissions] as? Int == 0o600)
      #expect(attributes[.type] as? FileAttributeType == .typeRegular)
      // A wider mode does not survive the next start.
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
      try LocalKubeconfig(server: "https://127.0.0.1:6551", login: .token("t")).write(to: path)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["kubeconfig", "target"])
  }

  @Test("that cannot be written is refused with the system's reason")
  func reason() {
    let missing = CocoaError(.fileNoSuchFile, userInfo: [NSUnderlyingErrorKey: POSIXError(.EACCES)])
    #expect(FileFailure.reason(missing) == "Permission denied")
  }
}

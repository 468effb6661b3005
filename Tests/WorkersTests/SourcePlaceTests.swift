@testable import Workers
import Foundation
import Glibc
import Schema
import TestSupport
import Testing
import WorkerContract

/// A source is named by whoever may write a model, and its pod holds more than that person may see.
@Suite struct SourcePlaceTests {
  /// As in a pod with the storage, two volumes and a volume in memory.
  private static let pod = SourceFolders(
    mountTable: """
      1 0 0:50 / / rw,relatime master:1 - overlay overlay rw
      2 1 0:51 / /proc rw,nosuid - proc proc rw
      3 1 0:52 / /dev rw,nosuid - tmpfs tmpfs rw
      4 3 0:53 / /dev/shm rw - tmpfs shm rw
      5 1 0:54 / /sys ro - sysfs sysfs ro
      6 1 8:1 /pods/1/apus-data /var/lib/apus rw - ext4 /dev/sda1 rw
      7 1 8:1 /pods/1/data /data rw shared:1 - ext4 /dev/sda1 rw
      8 7 0:60 / /data/proc rw - proc proc rw
      9 1 8:1 /etc/hosts /etc/hosts rw - ext4 /dev/sda1 rw
      10 1 0:61 / /run/secrets/kubernetes.io/serviceaccount ro - tmpfs tmpfs rw
      11 1 8:1 /pods/1/odd /my\\040data rw - ext4 /dev/sda1 rw
      12 1 0:62 / /run/fast rw - tmpfs tmpfs rw
      13 1 8:1 /x /hidden rw - ext4 /dev/sda1 rw
      14 13 0:63 / /hidden rw - sysfs sysfs rw
      """)

  @Test(arguments: [
    ("/var/lib/apus/data/x.csv", true), ("/data/x.csv", true), ("/my data/x.csv", true), ("/run/fast/x.csv", true),
    ("/proc/self/environ", false), ("/data/proc/1/environ", false), ("/sys/kernel/x", false), ("/dev/shm/x.csv", false),
    ("/run/secrets/kubernetes.io/serviceaccount/token", false), ("/var/run/secrets/x", false), ("/etc/hosts", false),
    ("/etc/passwd", false), ("/database/x.csv", false), ("/", false), ("/hidden/x", false), ("/home/x.csv", false),
  ])
  func `volumes of the pod are read, and nothing else`(path: String, isRead: Bool) {
    #expect(Self.pod.contain(path) == isRead)
  }

  @Test func `on a machine that pods share, files of kernel and credentials are not read either`() {
    for path in ["/proc/self/environ", "/sys/x", "/dev/zero", "/run/secrets/x", "/var/run/secrets/x"] {
      #expect(!SourceFolders.machine.contain(path))
    }
    #expect(SourceFolders.machine.contain("/home/me/data.csv"))
    let local = SourceFolders(ofMachine: [
      "/var/run/secrets/kubernetes.io/serviceaccount": "/state/7/token", "/data": "/state/7/data",
    ])
    #expect(!local.contain("/state/7/token/token") && local.contain("/state/7/data/x.csv"))
  }

  private func failure(
    _ uri: String, variables: [String: String] = [:], in shop: Workshop, _ folders: SourceFolders = .machine
  ) async -> RunFailure? {
    await shop.worker(variables: variables, sourceFolders: folders).run(.train, SmallWorld.run(uri)).failed
  }

  @Test(arguments: [
    "/proc/self/environ", "/proc/../proc/self/environ", "//proc//self/environ", "/tmp/../proc/self/environ",
    "/proc/self/root/proc/self/environ", "/%70roc/self/environ", "/dev/stdin", "/dev/zero", "/sys/kernel/uevent_seqnum",
    "/var/run/secrets/kubernetes.io/serviceaccount/token",
  ])
  func `the environment and the kernel's files are nobody's source`(path: String) async throws {
    let told = try #require(await failure("file://\(path)", in: Workshop()))
    #expect(told.reason == "SourceUnreadable" && !told.retryable)
    #expect(told.message.contains("outside of the storage and the volumes"), "\(told.message)")
    #expect(!told.message.contains("PATH="), "\(told.message)")
  }

  @Test func `a link is followed to where it leads`() async throws {
    let shop = Workshop()
    _ = try shop.write("x,colour,y\n")
    let folder = shop.folder.path
    for (name, target) in [("a", "/proc/self/environ"), ("b", "/dev/zero"), ("c", "/proc/self/root/proc/self/environ")]
    {
      try FileManager.default.createSymbolicLink(atPath: "\(folder)/\(name)", withDestinationPath: target)
      let told = try #require(await failure("file://\(folder)/\(name)", in: shop))
      #expect(told.message.contains("leads, outside"), "\(told.message)")
    }
    try FileManager.default.createSymbolicLink(atPath: "\(folder)/proc", withDestinationPath: "/proc/self")
    let below = try #require(await failure("file://\(folder)/proc/environ", in: shop))
    #expect(below.message.contains("leads, outside"), "\(below.message)")
    // As a ConfigMap's files are links within their volume.
    try FileManager.default.createSymbolicLink(atPath: "\(folder)/link.csv", withDestinationPath: "data.csv")
    let volume = SourceFolders(mountTable: "1 0 8:1 / / rw - ext4 x rw\n2 1 8:1 / \(folder) rw - ext4 x rw\n")
    let read = try #require(await failure("file://\(folder)/link.csv", in: shop, volume))
    #expect(read.reason == "NoRows", "\(read)")
    // Out of the volume, to a file that exists and one that does not: nobody can tell which.
    try FileManager.default.createSymbolicLink(atPath: "\(folder)/out", withDestinationPath: "/etc/passwd")
    for path in ["\(folder)/out", "/etc/passwd", "/etc/nothing-of-that-name"] {
      let told = try #require(await failure("file://\(path)", in: shop, volume))
      #expect(told.message.contains("outside of the storage"), "\(told.message)")
    }
  }

  @Test func `a pipe is not waited for`() async throws {
    let shop = Workshop()
    try #require(mkfifo("\(shop.folder.path)/pipe", 0o600) == 0)
    let told = try #require(await failure("file://\(shop.folder.path)/pipe", in: shop))
    #expect(told.message.contains("is a pipe or a device"), "\(told.message)")
  }

  @Test(arguments: [
    "DATABASE_URL=postgres://apus:hush@db/apus\u{0}HOME=/root\u{0}", "postgres://apus:hush@db/apus\n",
    String(repeating: "hush ", count: 100) + "\n", "\u{1B}[2Jhush\u{7},\u{202E}hush\n",
    "PASSWORD=hush,TOKEN=hush\n1,2\n",
  ])
  func `a file that is no table is not repeated`(text: String) async throws {
    let shop = Workshop()
    let told = try #require(await failure(try shop.write(text), in: shop))
    #expect(!told.message.contains("hush"), "\(told.message)")
    #expect(!shop.log.contains { $0.contains("hush") }, "\(shop.log)")
    let isPlain = told.message.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    #expect(isPlain, "\(told.message)")
  }

  @Test func `of a table, names and cells are repeated, at most 64 characters`() async throws {
    let shop = Workshop()
    let header = (0..<40).map { "column \($0)" }.joined(separator: ",")
    let told = try #require(await failure(try shop.write(header + "\n" + header + "\n"), in: shop))
    #expect(told.message.contains("'column 0', 'column 1'"), "\(told.message)")
    let long = String(repeating: "z", count: 65)
    let cells = "x,colour,y\n" + (0..<40).map { "\(long),red,\($0 % 2 == 0 ? "yes" : "no")\n" }.joined()
    let cell = try #require(await failure(try shop.write(cells), in: shop))
    #expect(cell.message.contains("(65 characters)") && !cell.message.contains("zzz"), "\(cell.message)")
  }

  @Test(arguments: [
    DataSource(csv: .init(uri: "http://169.254.169.254/latest/meta-data")),
    DataSource(csv: .init(uri: "http://0xa9fea9fe/")), DataSource(csv: .init(uri: "http://[fe80::1]/x.csv")),
    DataSource(s3: .init(uri: "s3://bucket/x.csv", endpoint: "http://169.254.169.254")),
    DataSource(s3: .init(uri: "s3://bucket/x.csv", endpoint: "http://[fd00:ec2::254]")),
  ])
  func `metadata services are nobody's source`(source: DataSource) async throws {
    var run = SmallWorld.run("file:///unused")
    run.train?.source = source
    let told = try #require(await Workshop().worker().run(.train, run).failed)
    #expect(told.reason == "SourceUnreadable" && !told.retryable, "\(told)")
    #expect(told.message.contains("never connected to"), "\(told.message)")
    let field = "spec.training.source"
    #expect(source.problems(at: field, timestamp: nil).contains { "\($0)".contains("metadata address") })
  }

  @Test(arguments: [
    "postgres://u:hush@169.254.169.254/db", "postgres://u:hush@[::ffff:169.254.169.254]/db",
    "postgres://u:hush@0.0.0.0/db",
    "postgres://u:hush@fine.example/db?hostaddr=169.254.169.254", "postgres://u:hush@0xa9fea9fe,169.254.1.1/db",
  ])
  func `nor are they databases`(url: String) async throws {
    var run = SmallWorld.run("file:///unused")
    run.train?.source = DataSource(
      postgres: .init(connectionSecretRef: .init(name: "db", key: "url"), query: "SELECT 1"))
    let worker = Workshop().worker(variables: [SourceVariables.source.postgresURL: url])
    let told = try #require(await worker.run(.train, run).failed)
    #expect(told.reason == "SourceUnreadable" && !told.retryable, "\(told)")
    #expect(told.message.contains("never connected to") && !told.message.contains("hush"), "\(told.message)")
  }

  @Test(arguments: [
    "file:///proc/self/environ", "file:///data/../sys/x", "file:///var/run/secrets/x", "file:///%64ev/zero",
  ])
  func `a spec that names such a file says so before anything runs`(uri: String) {
    #expect(
      DataSource(csv: .init(uri: uri)).problems(at: "s", timestamp: nil).contains {
        $0.path == "s.csv.uri" && $0.weight == .error
      })
  }

  @Test(arguments: [
    "file:///data/proc/x.csv", "file:///process/x.csv", "file:///run/data/x.csv", "http://10.0.0.1/x.csv",
  ])
  func `others are fine`(uri: String) {
    #expect(DataSource(csv: .init(uri: uri)).problems(at: "s", timestamp: nil).isEmpty)
  }
}

// swift-tools-version: 6.2
import PackageDescription

/// Every target is held to the same rules: no warning survives, existentials and imports are spelled out.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let nio: [Target.Dependency] = [
  .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
]
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")

/// A library target and, where `tested`, its test target, which may import what the library imports and `testedWith`.
func library(
  _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [], tested: Bool = true,
  testedWith more: [Target.Dependency] = []
) -> [Target] {
  let target = Target.target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
  guard tested else { return [target] }
  let tests = Target.testTarget(
    name: name + "Tests", dependencies: [.target(name: name), "TestSupport"] + dependencies + more,
    swiftSettings: strict)
  return [target, tests]
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> [Target] {
  [.executableTarget(name: name, dependencies: dependencies + [argumentParser], swiftSettings: strict)]
}

/// Targets in the folder of a wing. Each wing imports only wings above it: `scripts/check-rooms` holds them to it.
func wing(_ name: String, _ targets: [Target]...) -> [Target] {
  for target in targets.joined() where target.type != .test { target.path = "Sources/\(name)/\(target.name)" }
  return Array(targets.joined())
}

let wings: [[Target]] = [
  // Below everything: the one JSON engine, times, hashes, random numbers, figures as text, and the language of schemas.
  wing(
    "Ground",
    library("Values", testedWith: ["Statistics"]),
    library("JSON", ["Values"]),
    library("JSONScanning", tested: false),
    library("Schema", ["JSON", "Values"])),
  // One for each system that the others have to meet; the C shims of their libraries.
  wing(
    "Edges",
    [
      .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
      .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
      .systemLibrary(name: "CXGBoost", pkgConfig: "xgboost", providers: [.apt(["libxgboost-dev"])]),
      .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
      .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
      .systemLibrary(name: "CProcess"),
      .systemLibrary(name: "CFiles"),
    ],
    library("HTTPTransport", ["CCurl", "Values"]),
    library("YAMLCoding", ["CYAML", "JSON", "Values"], testedWith: ["KubernetesModel"]),
    library("Exposition"),
    library("JSONLogging", ["JSON", "Values", logging])),
  // Controllers in general: nothing here knows of models. A product for others.
  wing(
    "Kubernetes",
    library("KubernetesModel", ["JSON", "Values"]),
    library(
      "KubernetesClient", ["KubernetesModel", "Values", "HTTPTransport", "YAMLCoding", "CProcess", logging],
      testedWith: ["LiveSupport"]),
    library(
      "ControllerRuntime", ["KubernetesModel", "Values", "KubernetesClient", "Exposition", logging, lifecycle],
      testedWith: ["LiveSupport"]),
    library(
      "OperatorProgram",
      ["ControllerRuntime", "KubernetesClient", "JSONLogging", argumentParser, hummingbird, logging, lifecycle],
      tested: false)),
  // What operator, worker and server exchange.
  wing(
    "Contract",
    library("WorkerContract", ["JSON", "Schema", "Values"]),
    // How servers know the operator's requests.
    library("OperatorIdentity", ["JSON", "Values", crypto])),
  // Pure: values in, values out.
  wing(
    "Science",
    library("Statistics", ["Values"]),
    library("Tabular", ["Values", "WorkerContract", "CZlib"]),
    library("Learning", ["Values", "WorkerContract", "Tabular", "Statistics", "CXGBoost"]),
    library("Monitoring", ["Values", "WorkerContract", "Tabular", "Statistics"])),
  // Model files, and rows.
  wing(
    "Stores",
    library("Artifacts", ["Values", "HTTPTransport", crypto]),
    library(
      "Telemetry",
      ["JSON", "Values", "Monitoring", "Statistics", "Tabular", "WorkerContract", "CFiles", "CPostgres", grdb])),
  // What people declare, what is decided about it (pure), and who carries it out.
  wing(
    "Operator",
    library("ApusAPI", ["Schema", "KubernetesModel", "WorkerContract", "Monitoring", "Values"]),
    library("Decisions", ["Values", "ApusAPI", "KubernetesModel", "WorkerContract"], testedWith: ["SpecFields"]),
    library(
      "Reconcilers",
      [
        "ControllerRuntime", "KubernetesClient", "KubernetesModel", "ApusAPI", "Decisions", "WorkerContract",
        "OperatorIdentity", "HTTPTransport", "Exposition", "YAMLCoding", "Telemetry", "Values", logging,
      ], testedWith: ["ClusterState", "SpecFields"])),
  // Trainings, checks and removals.
  wing(
    "Worker",
    library(
      "Workers",
      [
        "Values", "Learning", "Monitoring", "Tabular", "WorkerContract", "Artifacts", "Telemetry", "HTTPTransport",
        "JSONLogging", "CFiles", "CPostgres",
      ], testedWith: ["Statistics", "ReplayBenchmark", "Authoring", "ApusAPI", "Schema", "YAMLCoding"])),
  // Predictions: without the network, their log, and the network.
  wing(
    "Server",
    library(
      "Engine",
      [
        "JSON", "Values", "JSONScanning", "Learning", "Tabular", "WorkerContract", "Artifacts", "Monitoring",
        "Statistics", logging, lifecycle,
      ]),
    library(
      "PredictionLog",
      ["JSON", "Values", "JSONScanning", "Telemetry", "Tabular", "WorkerContract", "CFiles", logging, lifecycle]),
    library(
      "Serving",
      [
        "JSON", "Values", "JSONScanning", "Engine", "PredictionLog", "Learning", "Tabular", "WorkerContract",
        "OperatorIdentity", "Artifacts", "Telemetry", "Monitoring", "Statistics", "Exposition", logging, lifecycle,
        hummingbirdCore,
        nioHTTP1, nioSSL, .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
      ] + nio, testedWith: ["Reconcilers", "Decisions", "HTTPTransport", "KubernetesModel"])),
  // A subset of Kubernetes on this machine.
  wing(
    "LocalCluster",
    library("ClusterState", ["KubernetesModel", "Values"]),
    library(
      "LocalCluster",
      [
        "ClusterState", "KubernetesModel", "Values", "YAMLCoding", "CFiles", "CProcess", "CZlib", crypto, hummingbird,
        hummingbirdCore, logging, lifecycle, nioHTTP1, nioSSL,
      ] + nio, exclude: ["README.md"], testedWith: ["apus", "HTTPTransport"])),
  // What the command line does besides.
  wing(
    "Tools",
    library("Authoring", ["ApusAPI", "Decisions", "Tabular", "WorkerContract", "YAMLCoding", "KubernetesModel"]),
    library("Simulation", ["JSON", "Values", "Tabular", "Statistics", "WorkerContract", "HTTPTransport"])),
  wing(
    "Programs",
    program(
      "apus-operator",
      ["Reconcilers", "ControllerRuntime", "OperatorProgram", "HTTPTransport", "CProcess", "Values", logging]),
    program("apus-worker", ["Workers", "JSONLogging"]),
    program(
      "apus-server",
      [
        "Serving", "Engine", "PredictionLog", "Artifacts", "Telemetry", "WorkerContract", "JSONLogging", "CProcess",
        logging, signals,
      ]),
    program(
      "apus",
      [
        "LocalCluster", "Simulation", "HTTPTransport", "Authoring", "WorkerContract", "Tabular", logging, lifecycle,
        signals,
      ])),
]

/// Programs of `make bench`.
func benchmark(
  _ name: String, path: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies + [argumentParser], path: path, exclude: exclude, swiftSettings: strict)
}

let benchmarks: [Target] = [
  benchmark(
    "EvaluationBenchmark", path: "Benchmarks/evaluation", ["Learning", "Tabular", "WorkerContract", "CXGBoost"],
    exclude: ["README.md", "compile.py", "requirements.txt", "run"]),
  benchmark(
    "ReplayBenchmark", path: "Benchmarks/replay",
    [
      "Authoring", "ApusAPI", "Artifacts", "Decisions", "KubernetesModel", "Learning", "Tabular", "WorkerContract",
      "Workers", "YAMLCoding",
    ], exclude: ["README.md", "seattle-weather.csv"]),
  benchmark(
    "ServingBenchmark", path: "Benchmarks/serving",
    ["Learning", "Tabular", "WorkerContract", "Artifacts"] + nio,
    exclude: ["peer.py", "requirements.txt", "predict.lua", "plain.lua", "batch.lua", "run"]),
  benchmark(
    "ControllerBenchmark", path: "Benchmarks/controller",
    [
      "ClusterState", "LocalCluster", "ApusAPI", "KubernetesModel", "WorkerContract", "HTTPTransport", "YAMLCoding",
      hummingbird, logging, lifecycle, nio[0],
    ]),
]

// An operator as somebody else would write it: without `package` access, so on the public interface only.
let examples: [Target] = [
  .executableTarget(
    name: "config-copier",
    dependencies: [
      "OperatorProgram", "ControllerRuntime", "KubernetesClient", "KubernetesModel", argumentParser, logging,
    ],
    path: "Examples/config-copier", exclude: ["crd.yaml"], packageAccess: false, swiftSettings: strict)
]

/// Asks the server millions of wrong things: `make soak`, and a little of it in the unit tests.
let fuzzing: [Target] = [
  // What both know of their own process.
  .target(name: "FuzzProcess", path: "Soak/process", swiftSettings: strict),
  .executableTarget(
    name: "ServingFuzzer",
    dependencies: [
      "FuzzProcess", "Serving", "PredictionLog", "Artifacts", "Learning", "Tabular", "Telemetry", "Values",
      "WorkerContract",
      argumentParser, lifecycle, logging, nioHTTP1,
    ] + nio, path: "Soak/fuzz", swiftSettings: strict),
  .testTarget(name: "ServingFuzzerTests", dependencies: ["ServingFuzzer", "FuzzProcess"], swiftSettings: strict),
  // The operator's reading and deciding.
  .executableTarget(
    name: "DocumentFuzzer",
    dependencies: [
      "FuzzProcess", "ApusAPI", "Decisions", "KubernetesModel", "Schema", "Values", "WorkerContract", "YAMLCoding",
      argumentParser,
    ], path: "Soak/documents", swiftSettings: strict),
  .testTarget(
    name: "DocumentFuzzerTests", dependencies: ["DocumentFuzzer", "KubernetesModel", "Schema"], swiftSettings: strict),
]

let testing: [Target] = [
  .testTarget(
    name: "OperatorProgramTests",
    dependencies: [
      "OperatorProgram", "ControllerRuntime", "KubernetesClient", "KubernetesModel", "TestSupport", "config-copier",
      "apus-operator", "HTTPTransport", "LocalCluster", "YAMLCoding", argumentParser, logging, lifecycle,
    ], swiftSettings: strict),
  .target(name: "TestSupport", path: "Tests/Support", swiftSettings: strict),
  .target(
    name: "SpecFields", dependencies: ["ApusAPI", "KubernetesModel"], path: "Tests/SpecFields", swiftSettings: strict),
  .target(
    name: "LiveSupport", dependencies: ["KubernetesClient", "KubernetesModel", "TestSupport"],
    path: "Tests/LiveSupport", swiftSettings: strict),
  // Everything that is not Swift, read by its consumers' own tools.
  .testTarget(
    name: "ManifestTests",
    dependencies: ["TestSupport", "ApusAPI", "KubernetesModel", "YAMLCoding", "Serving", "Exposition"],
    swiftSettings: strict),
  .testTarget(
    name: "EndToEndTests",
    dependencies: [
      "TestSupport", "KubernetesModel", "Learning", "Tabular", "WorkerContract", "Artifacts", "YAMLCoding", nioHTTP1,
      nioSSL,
    ] + nio, swiftSettings: strict),
]

let package = Package(
  name: "apus",
  products: [
    .library(
      name: "ControllerRuntime",
      targets: ["ControllerRuntime", "OperatorProgram", "KubernetesClient", "KubernetesModel", "JSON", "Values"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.81.0"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: wings.flatMap(\.self) + examples + benchmarks + fuzzing + testing
)

#!/usr/bin/env node
import { onNewNode, runProgram } from './launch.js';

onNewNode(runProgram);
